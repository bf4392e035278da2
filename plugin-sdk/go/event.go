package plugin

import (
	"encoding/json"
	"fmt"
	"time"

	wire "cuebox.dev/plugin/internal/imports/cuebox_plugin_types"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// ChangeKind is what kind of change an event tells of.
type ChangeKind uint8

const (
	// Other is not the life of an entity: a login, a page setting, an event type of the studio's own.
	Other ChangeKind = iota
	// Attribute is the change of a field; see Event.Attribute.
	Attribute
	// Created is the creation of the entity.
	Created
	// Retired is its move to the trash ("deleted" in the site's pages).
	Retired
	// Revived is its way out of the trash.
	Revived
)

// AttributeChange is what happened to one field of one entity.
type AttributeChange struct {
	// Field is the field's internal name: sg_status_list.
	Field string
	// DataType is the site's name for the field's type: status_list, multi_entity. Empty where the site leaves it out.
	DataType string
	// Old and New are the values before and after: nil, bool, int64, float64, string, time.Time, Entity, []Entity, or what JSON holds.
	// Both are nil for a multi-entity field, whose change is in Added and Removed.
	Old, New any
	// Added and Removed are what came into a multi-entity field, and what went out.
	Added, Removed []Entity
	// InCreate means that the change is part of the creation of the entity: the event of the creation itself came, or comes, too.
	InCreate bool
	// IsTransient marks a thumbnail's placeholder. A second event follows when the real picture is there.
	IsTransient bool
	// MirrorOf is set on the mirror image of a change: the id of the event on the other side of the link. Zero for all others.
	MirrorOf uint64
}

// Event is one EventLogEntry of the site.
type Event struct {
	// ID is the site's number of the entry. Ids have gaps, and a lower id can appear after a higher one.
	ID uint64
	// Type is Application_EntityType_Action: Shotgun_Task_Change.
	Type string
	// AttributeName is the field that changed; empty for events that are not the change of a field.
	AttributeName string
	// Entity is what it happened to; without a name once that is in the trash. Nil where there is none.
	Entity, Project *Entity
	// User is who did it, as the site shows it; SudoActualUser the script user that acted in the name of User, where one did.
	User, SudoActualUser *Entity
	// SessionUUID is the browser session behind the change.
	SessionUUID string
	// CreatedAt is by the site's clock. Not monotonic in ID.
	CreatedAt time.Time
	// Kind is what kind of change it is.
	Kind ChangeKind
	// Attribute is the change of a field, where the event is one.
	Attribute *AttributeChange
	// MetaJSON is the entry's meta, whole. See Meta.
	MetaJSON string
	// Attempt is 1 for the first time this event is handed to this callback, then counting up.
	Attempt uint32
	// Late means that the id had been missing for so long that the host had given it up; events with higher ids came earlier.
	Late bool
	// Earlier are the earlier events of this entity that come with this one, in the order of their arrival, for a callback with Coalesce.
	Earlier []*Event
}

// All are all events of this call, in the order of their arrival: the earlier ones, then this one.
func (e *Event) All() []*Event {
	return append(append([]*Event{}, e.Earlier...), e)
}

// NewValue is the field's value after; nil as well where the event is not the change of a field.
func (e *Event) NewValue() any {
	if e.Attribute == nil {
		return nil
	}
	return e.Attribute.New
}

// NewStatus is the short code of the new status, where the event is the change of a status field to a status.
func (e *Event) NewStatus() string {
	change := e.Attribute
	if change == nil || !(change.DataType == "status_list" || change.DataType == "" && change.Field == "sg_status_list") {
		return ""
	}
	status, _ := change.New.(string)
	return status
}

// RequiredEntity is the entity it happened to; an error that names the event where it has none.
func (e *Event) RequiredEntity() (Entity, error) { return e.required(e.Entity, "entity") }

// RequiredProject is the project of the entity; an error that names the event where it has none.
func (e *Event) RequiredProject() (Entity, error) { return e.required(e.Project, "project") }

// Meta reads the entry's meta into a type of the plugin's own, or a map.
func (e *Event) Meta(into any) error {
	if err := json.Unmarshal([]byte(e.MetaJSON), into); err != nil {
		return fmt.Errorf("meta of event %d: %w", e.ID, err)
	}
	return nil
}

func (e *Event) required(entity *Entity, what string) (Entity, error) {
	if entity == nil {
		return Entity{}, fmt.Errorf("event %d (%s) has no %s", e.ID, e.Type, what)
	}
	return *entity, nil
}

func eventOf(given wire.Event) *Event {
	event := &Event{
		ID: given.Id, Type: given.EventType, AttributeName: given.AttributeName.SomeOr(""),
		Entity: linkOf(given.Entity), Project: linkOf(given.Project),
		User: linkOf(given.User), SudoActualUser: linkOf(given.SudoActualUser),
		SessionUUID: given.SessionUuid.SomeOr(""), CreatedAt: time.UnixMilli(given.CreatedAt).UTC(),
		MetaJSON: given.Meta, Attempt: given.Attempt, Late: given.Late,
	}
	event.Kind, event.Attribute = changeOf(given.Change)
	for _, earlier := range given.Earlier {
		// What comes with a later event is of the same entity.
		own := &Event{
			ID: earlier.Id, Type: earlier.EventType, AttributeName: earlier.AttributeName.SomeOr(""),
			Entity: event.Entity, Project: event.Project,
			User: linkOf(earlier.User), SudoActualUser: linkOf(earlier.SudoActualUser),
			SessionUUID: earlier.SessionUuid.SomeOr(""), CreatedAt: time.UnixMilli(earlier.CreatedAt).UTC(),
			MetaJSON: earlier.Meta, Attempt: given.Attempt, Late: earlier.Late,
		}
		own.Kind, own.Attribute = changeOf(earlier.Change)
		event.Earlier = append(event.Earlier, own)
	}
	return event
}

func linkOf(given witTypes.Option[wire.EntityRef]) *Entity {
	if given.IsNone() {
		return nil
	}
	entity := entityOf(given.Some())
	return &entity
}

func entityOf(given wire.EntityRef) Entity {
	return Entity{Type: given.EntityType, ID: given.Id, Name: given.Name.SomeOr("")}
}

func entitiesOf(given []wire.EntityRef) []Entity {
	entities := make([]Entity, len(given))
	for index, entity := range given {
		entities[index] = entityOf(entity)
	}
	return entities
}

func changeOf(given wire.Change) (ChangeKind, *AttributeChange) {
	switch given.Tag() {
	case wire.Change_Attribute:
		change := given.Attribute()
		return Attribute, &AttributeChange{
			Field: change.Field, DataType: change.DataType.SomeOr(""),
			Old: valueOf(change.Old), New: valueOf(change.New),
			Added: entitiesOf(change.Added), Removed: entitiesOf(change.Removed),
			InCreate: change.InCreate, IsTransient: change.IsTransient, MirrorOf: change.MirrorOf.SomeOr(0),
		}
	case wire.Change_Created:
		return Created, nil
	case wire.Change_Retired:
		return Retired, nil
	case wire.Change_Revived:
		return Revived, nil
	default:
		return Other, nil
	}
}

func valueOf(given wire.Value) any {
	switch given.Tag() {
	case wire.Value_Boolean:
		return given.Boolean()
	case wire.Value_Integer:
		return given.Integer()
	case wire.Value_Number:
		return given.Number()
	case wire.Value_Text:
		return revived(given.Text())
	case wire.Value_Entity:
		return entityOf(given.Entity())
	case wire.Value_Entities:
		return entitiesOf(given.Entities())
	case wire.Value_Other:
		value, err := decode(given.Other())
		if err != nil {
			return given.Other()
		}
		return value
	default:
		return nil
	}
}
