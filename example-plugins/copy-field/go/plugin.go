// Copies one field to another whenever it changes.
package main

import (
	"fmt"
	"reflect"
	"slices"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

// notCopied are types whose values cannot be written, or do not mean the same in a second field.
var notCopied = []string{"calculated", "image", "pivot_column", "summary", "url"}

var entityType, source, target string

func init() {
	plugin.Main(register)
}

func main() {}

// register reads the settings and checks both fields against the site's schema.
func register(reg *plugin.Registrar) error {
	for key, value := range map[string]*string{"entity_type": &entityType, "source_field": &source, "target_field": &target} {
		var err error
		if *value, err = config.Require(key); err != nil {
			return err
		}
	}
	if source == target {
		return fmt.Errorf("setting `target_field` is the same as `source_field`")
	}
	from, _, err := schemaOf(reg.Shotgun, source)
	if err != nil {
		return err
	}
	to, isEditable, err := schemaOf(reg.Shotgun, target)
	switch {
	case err != nil:
		return err
	case slices.Contains(notCopied, from):
		return fmt.Errorf("%s.%s is of type %s, which cannot be copied", entityType, source, from)
	case from != to:
		return fmt.Errorf("%s.%s is of type %s, and %s.%s of type %s", entityType, source, from, entityType, target, to)
	case !isEditable:
		return fmt.Errorf("%s.%s cannot be written", entityType, target)
	}
	reg.Callback("copy", copyField).On("Shotgun_"+entityType+"_Change", source)
	return nil
}

// schemaOf is the type of a field, and whether it can be written.
func schemaOf(sg *plugin.Shotgun, field string) (string, bool, error) {
	schema, err := sg.SchemaRead(entityType, field, nil)
	if err != nil {
		return "", false, err
	}
	property := func(name string) any {
		return schema[field].(map[string]any)[name].(map[string]any)["value"]
	}
	return property("data_type").(string), property("editable").(bool), nil
}

// copyField copies what the source holds now, which may be newer than the event, so that the target ends up right in any order.
func copyField(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	row, err := sg.FindOne(plugin.Query{
		Type: entity.Type, Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: []string{source, target},
	})
	switch {
	case err != nil:
		return plugin.Outcome{}, err
	case row == nil:
		return plugin.Skipped("the entity is gone"), nil
	case reflect.DeepEqual(row[source], row[target]):
		return plugin.Skipped("both fields are the same already"), nil
	}
	_, err = sg.Update(entity.Type, entity.ID, plugin.Fields{target: row[source]}, nil)
	return plugin.Done, err
}
