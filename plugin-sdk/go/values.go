package plugin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// dateTime is the site's form of a date_time.
const dateTime = "2006-01-02T15:04:05Z"

// Entity is a link to one entity of the site.
type Entity struct {
	Type string `json:"type"`
	ID   uint64 `json:"id"`
	// Name is read, and not sent; empty where the site gives none.
	Name string `json:"-"`
}

// UnmarshalJSON reads the name as well.
func (e *Entity) UnmarshalJSON(text []byte) error {
	var read struct {
		Type string  `json:"type"`
		ID   uint64  `json:"id"`
		Name *string `json:"name"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	*e = Entity{Type: read.Type, ID: read.ID}
	if read.Name != nil {
		e.Name = *read.Name
	}
	return nil
}

func (e Entity) String() string {
	if e.Name == "" {
		return fmt.Sprintf("%s %d", e.Type, e.ID)
	}
	return fmt.Sprintf("%s %d %s", e.Type, e.ID, e.Name)
}

// Fields are values by the names of fields. A time.Time is a date_time.
type Fields map[string]any

// Row is an entity as the site answers it, from field to value: nil, bool, int64, float64, string, time.Time, []any or map[string]any.
type Row map[string]any

// Type is the entity's type.
func (r Row) Type() string { return r.Text("type") }

// ID is the entity's number.
func (r Row) ID() uint64 {
	number, _ := r["id"].(int64)
	return uint64(number)
}

// Entity is a link to the row itself.
func (r Row) Entity() Entity { return Entity{Type: r.Type(), ID: r.ID()} }

// Text is the text of a field; empty if it is no text.
func (r Row) Text(field string) string {
	text, _ := r[field].(string)
	return text
}

// Int is the whole number of a field; zero if it is none.
func (r Row) Int(field string) int64 {
	number, _ := r[field].(int64)
	return number
}

// Time is the date_time of a field; the zero time if it is none.
func (r Row) Time(field string) time.Time {
	moment, _ := r[field].(time.Time)
	return moment
}

// Link is the entity that a field links to; nil if it links to none.
func (r Row) Link(field string) *Entity {
	return link(r[field])
}

// Links are the entities that a field links to.
func (r Row) Links(field string) []Entity {
	var links []Entity
	values, _ := r[field].([]any)
	for _, value := range values {
		if entity := link(value); entity != nil {
			links = append(links, *entity)
		}
	}
	return links
}

func link(value any) *Entity {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	row := Row(object)
	return &Entity{Type: row.Type(), ID: row.ID(), Name: row.Text("name")}
}

// encode writes a value as the JSON that the host takes.
func encode(value any, what string) (string, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(written(value)); err != nil {
		return "", &Invalid{fmt.Sprintf("%s cannot be written as JSON: %v", what, err)}
	}
	return text.String(), nil
}

// written puts times into the site's form, wherever they are in maps and lists.
func written(value any) any {
	switch value := value.(type) {
	case time.Time:
		return value.UTC().Format(dateTime)
	case *time.Time:
		if value == nil {
			return nil
		}
		return written(*value)
	case Fields:
		return written(map[string]any(value))
	case Row:
		return written(map[string]any(value))
	case map[string]any:
		object := make(map[string]any, len(value))
		for key, item := range value {
			object[key] = written(item)
		}
		return object
	case []any:
		list := make([]any, len(value))
		for index, item := range value {
			list[index] = written(item)
		}
		return list
	case []Row:
		list := make([]any, len(value))
		for index, item := range value {
			list[index] = written(item)
		}
		return list
	default:
		return value
	}
}

// decode reads the host's JSON: whole numbers as int64, texts in the site's form of a date_time as time.Time.
func decode(text string) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, fmt.Errorf("the host's answer is no JSON: %w", err)
	}
	return revived(value), nil
}

func revived(value any) any {
	switch value := value.(type) {
	case json.Number:
		if whole, err := value.Int64(); err == nil {
			return whole
		}
		number, _ := value.Float64()
		return number
	case string:
		if len(value) == len(dateTime) {
			if moment, err := time.Parse(dateTime, value); err == nil {
				return moment
			}
		}
		return value
	case []any:
		for index, item := range value {
			value[index] = revived(item)
		}
		return value
	case map[string]any:
		for key, item := range value {
			value[key] = revived(item)
		}
		return value
	default:
		return value
	}
}

func decodeRow(text string) (Row, error) {
	value, err := decode(text)
	if err != nil {
		return nil, err
	}
	row, ok := value.(map[string]any)
	if !ok {
		return nil, fmt.Errorf("the answer is no entity: %s", text)
	}
	return row, nil
}
