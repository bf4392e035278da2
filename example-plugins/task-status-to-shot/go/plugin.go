// Finishes a Shot when the last of its Tasks is finished.
package main

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

const (
	status       = "sg_status_list"
	statusOfShot = "entity.Shot.sg_status_list"
)

// Short codes of statuses, from the settings.
var (
	finished, ignored = []string{"fin"}, []string{"omt", "na"}
	shotStatus        string
)

func init() {
	plugin.Main(register)
}

func main() {}

// register reads the settings and checks that the site has these statuses.
func register(reg *plugin.Registrar) (err error) {
	for key, codes := range map[string]*[]string{"finished": &finished, "ignored": &ignored} {
		list, err := config.List(key)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			*codes = list
		}
	}
	if shotStatus, err = config.GetOr("shot_status", "fin"); err != nil {
		return err
	}
	if err := check(reg.Shotgun, "Task", slices.Concat(finished, ignored)); err != nil {
		return err
	}
	reg.Callback("roll-up", rollUp).On("Shotgun_Task_Change", status)
	return check(reg.Shotgun, "Shot", []string{shotStatus})
}

func check(sg *plugin.Shotgun, entityType string, codes []string) error {
	schema, err := sg.SchemaRead(entityType, status, nil)
	if err != nil {
		return err
	}
	value := any(map[string]any(schema))
	for _, key := range []string{status, "properties", "valid_values", "value"} {
		value = value.(map[string]any)[key]
	}
	var valid []string
	for _, code := range value.([]any) {
		valid = append(valid, code.(string))
	}
	for _, code := range codes {
		if !slices.Contains(valid, code) {
			return fmt.Errorf("`%s` is not a status of %s (%s)", code, entityType, strings.Join(valid, ", "))
		}
	}
	return nil
}

func rollUp(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	if !slices.Contains(finished, event.NewStatus()) {
		return plugin.Skipped("the Task is not finished"), nil
	}
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	task, err := sg.FindOne(plugin.Query{
		Type: "Task", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: []string{"entity", statusOfShot},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	shot := task.Link("entity")
	if shot == nil || shot.Type != "Shot" {
		return plugin.Skipped("the Task is not of a Shot"), nil
	}
	if task.Text(statusOfShot) == shotStatus {
		return plugin.Skipped("the Shot has the status already"), nil
	}
	open, err := sg.FindOne(plugin.Query{Type: "Task", Filters: plugin.Filters{
		plugin.Where("entity", "is", shot), plugin.Where(status, "not_in", slices.Concat(finished, ignored)),
	}})
	if err != nil {
		return plugin.Outcome{}, err
	}
	if open != nil {
		return plugin.Skipped("the Shot has Tasks that are not finished"), nil
	}
	slog.Info("all Tasks of a Shot are finished", "shot", shot.ID)
	_, err = sg.Update("Shot", shot.ID, plugin.Fields{status: shotStatus}, nil)
	return plugin.Done, err
}
