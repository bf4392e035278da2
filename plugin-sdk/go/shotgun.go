package plugin

import (
	"encoding/json"
	"fmt"

	wire "cuebox.dev/plugin/internal/imports/cuebox_plugin_shotgun"
	types "cuebox.dev/plugin/internal/imports/cuebox_plugin_types"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// Filters are conditions, all of which must hold: Filters{Where("code", "is", "sh010"), Any(...)}.
type Filters []any

// Where is one condition: a field or a path, a relation, and its values.
func Where(path, relation string, values ...any) any {
	return append([]any{path, relation}, values...)
}

// Any holds if one of the conditions does.
func Any(conditions ...any) any { return group("any", conditions) }

// All holds if each of the conditions does.
func All(conditions ...any) any { return group("all", conditions) }

func group(operator string, conditions []any) any {
	return map[string]any{"filter_operator": operator, "filters": conditions}
}

// Sort is an order of rows.
type Sort struct {
	Field      string
	Descending bool
}

// Query is what Find asks for. Only Type is needed.
type Query struct {
	Type    string
	Filters Filters
	// Fields are names or paths: entity.Shot.code. type and id are always there.
	Fields []string
	Order  []Sort
	// Limit is how many rows at the most; zero for all of them.
	Limit uint32
	// Page is, with Limit, which page of that size, counted from 1.
	Page                    uint32
	RetiredOnly             bool
	ExcludeArchivedProjects bool
}

// Modes say for multi-entity fields what is done with the entities that are given: "set", "add" or "remove".
type Modes map[string]string

// Shotgun is the connection to the site, signed in as the script user that the operator chose for this plugin. It works while the host is
// inside register, where it only reads, and inside a callback. Writes carry the event's session, so that the page of the user behind the
// event refreshes.
type Shotgun struct{}

// Find reads entities.
func (s *Shotgun) Find(query Query) ([]Row, error) {
	text, err := s.find(query)
	if err != nil {
		return nil, err
	}
	value, err := decode(text)
	if err != nil {
		return nil, err
	}
	values, _ := value.([]any)
	rows := make([]Row, 0, len(values))
	for _, value := range values {
		row, ok := value.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("the answer to find %s is no list of entities", query.Type)
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// FindOne reads the first entity that Find would; nil if there is none.
func (s *Shotgun) FindOne(query Query) (Row, error) {
	query.Limit = 1
	rows, err := s.Find(query)
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	return rows[0], nil
}

// FindInto reads entities into a slice of a type of the plugin's own, by its json tags.
func FindInto[T any](s *Shotgun, query Query) ([]T, error) {
	text, err := s.find(query)
	if err != nil {
		return nil, err
	}
	var rows []T
	if err := json.Unmarshal([]byte(text), &rows); err != nil {
		return nil, fmt.Errorf("the answer to find %s does not fit: %w", query.Type, err)
	}
	return rows, nil
}

func (s *Shotgun) find(query Query) (string, error) {
	filters := query.Filters
	if filters == nil {
		filters = Filters{}
	}
	text, err := encode([]any(filters), "the filters")
	if err != nil {
		return "", err
	}
	order := make([]wire.Sort, len(query.Order))
	for index, sort := range query.Order {
		order[index] = wire.Sort{Field: sort.Field, Descending: sort.Descending}
	}
	return answered(wire.Find(wire.Query{
		EntityType: query.Type, Filters: text, Fields: query.Fields, Order: order,
		Limit: notZero(query.Limit), Page: notZero(query.Page),
		RetiredOnly: query.RetiredOnly, IncludeArchivedProjects: !query.ExcludeArchivedProjects,
	}))
}

// Create makes an entity; it answers it with the fields that were set and those that are asked for.
func (s *Shotgun) Create(entityType string, data Fields, returnFields ...string) (Row, error) {
	text, err := encode(data, "the data")
	if err != nil {
		return nil, err
	}
	answer, err := answered(wire.Create(entityType, text, returnFields))
	if err != nil {
		return nil, err
	}
	return decodeRow(answer)
}

// Update sets fields; it answers the entity with the fields that were set. Modes can be nil.
func (s *Shotgun) Update(entityType string, id uint64, data Fields, modes Modes) (Row, error) {
	text, err := encode(data, "the data")
	if err != nil {
		return nil, err
	}
	wireModes := witTypes.None[string]()
	if len(modes) > 0 {
		text, err := encode(modes, "the modes")
		if err != nil {
			return nil, err
		}
		wireModes = witTypes.Some(text)
	}
	answer, err := answered(wire.Update(entityType, id, text, wireModes))
	if err != nil {
		return nil, err
	}
	return decodeRow(answer)
}

// Delete moves to the trash. False if it is there already.
func (s *Shotgun) Delete(entityType string, id uint64) (bool, error) {
	return answered(wire.Delete(entityType, id))
}

// Revive takes out of the trash. False if it was not there.
func (s *Shotgun) Revive(entityType string, id uint64) (bool, error) {
	return answered(wire.Revive(entityType, id))
}

// BatchRequest is one write of a batch, as the site's own client has it.
type BatchRequest struct {
	// RequestType is create, update or delete.
	RequestType  string
	EntityType   string
	EntityID     uint64
	Data         Fields
	ReturnFields []string
	Modes        Modes
}

// Batch makes several writes, all or none. It answers in the same order: an entity as a map, or whether a delete did something. An empty
// batch is not sent.
func (s *Shotgun) Batch(requests ...BatchRequest) ([]any, error) {
	if len(requests) == 0 {
		return nil, nil
	}
	list := make([]any, len(requests))
	for index, request := range requests {
		object := map[string]any{"request_type": request.RequestType, "entity_type": request.EntityType}
		if request.RequestType != "create" {
			object["entity_id"] = request.EntityID
		}
		if request.RequestType != "delete" {
			object["data"] = request.Data
		}
		if len(request.ReturnFields) > 0 {
			object["return_fields"] = request.ReturnFields
		}
		if len(request.Modes) > 0 {
			object["multi_entity_update_modes"] = request.Modes
		}
		list[index] = object
	}
	text, err := encode(list, "the requests")
	if err != nil {
		return nil, err
	}
	answer, err := answered(wire.Batch(text))
	if err != nil {
		return nil, err
	}
	value, err := decode(answer)
	answers, _ := value.([]any)
	return answers, err
}

// Summarize counts and sums: summaryFields is []any{Fields{"field": "id", "type": "count"}}. Grouping can be nil. It answers
// {"summaries": {...}, "groups": [...]}.
func (s *Shotgun) Summarize(entityType string, filters Filters, summaryFields []any, grouping []any) (Row, error) {
	var texts [3]string
	for index, value := range [3][]any{filters, summaryFields, grouping} {
		if value == nil {
			value = []any{}
		}
		text, err := encode(value, "the summary")
		if err != nil {
			return nil, err
		}
		texts[index] = text
	}
	wireGrouping := witTypes.None[string]()
	if grouping != nil {
		wireGrouping = witTypes.Some(texts[2])
	}
	answer, err := answered(wire.Summarize(entityType, texts[0], texts[1], wireGrouping))
	if err != nil {
		return nil, err
	}
	return decodeRow(answer)
}

// SchemaRead reads the schema in the site's form, in which each property is {"value", "editable"}: of all types (the names only) if
// entityType is empty, of one type, or of one field; as a project shows it, if one is given.
func (s *Shotgun) SchemaRead(entityType, field string, project *Entity) (Row, error) {
	link := witTypes.None[types.EntityRef]()
	if project != nil {
		link = witTypes.Some(refOf(*project))
	}
	answer, err := answered(wire.SchemaRead(notZero(entityType), notZero(field), link))
	if err != nil {
		return nil, err
	}
	return decodeRow(answer)
}

// Upload uploads a file to a field (image for the thumbnail), or, if that is empty, to the entity as a whole; the id of the Attachment.
func (s *Shotgun) Upload(entity Entity, field, fileName string, content []byte) (uint64, error) {
	return answered(wire.Upload(refOf(entity), notZero(field), fileName, content))
}

// Download gives the file behind the value of a url field, as Find returned it.
func (s *Shotgun) Download(attachment any) ([]byte, error) {
	text, err := encode(attachment, "the attachment")
	if err != nil {
		return nil, err
	}
	return answered(wire.Download(text))
}

// Call calls any other method of the site's API by its wire name: followers, note_thread_contents. Counts as a write, unless the host
// knows that it reads.
func (s *Shotgun) Call(method string, params any) (any, error) {
	text, err := encode(params, "the parameters")
	if err != nil {
		return nil, err
	}
	answer, err := answered(wire.Call(method, text))
	if err != nil {
		return nil, err
	}
	return decode(answer)
}

func refOf(entity Entity) types.EntityRef {
	return types.EntityRef{EntityType: entity.Type, Id: entity.ID, Name: witTypes.None[string]()}
}

func notZero[T comparable](value T) witTypes.Option[T] {
	var zero T
	if value == zero {
		return witTypes.None[T]()
	}
	return witTypes.Some(value)
}
