// Package main starts a Shot when one of its Tasks starts.
package main

import (
	"log/slog"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

// Called once when the plugin is loaded: it reads the settings, and says which events the plugin wants.
func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		started, err := config.Require("started")
		reg.Callback("start-shot", func(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
			return startShot(sg, event, started)
		}).On("Shotgun_Task_Change", "sg_status_list")
		return err
	})
}

func main() {}

// startShot is called for each event, one at a time.
func startShot(sg *plugin.Shotgun, event *plugin.Event, started string) (plugin.Outcome, error) {
	if event.NewStatus() != started {
		return plugin.Skipped("the Task does not start"), nil
	}
	task, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	rows, err := plugin.FindInto[taskRow](sg, plugin.Query{
		Type:    "Task",
		Filters: plugin.Filters{plugin.Where("id", "is", task.ID)},
		Fields:  []string{"entity", "entity.Shot.sg_status_list"},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	if len(rows) == 0 || rows[0].Shot == nil || rows[0].ShotStatus == "" {
		return plugin.Skipped("the Task is not of a Shot"), nil
	}
	shot := rows[0].Shot
	if rows[0].ShotStatus == started {
		return plugin.Skipped("the Shot has started already"), nil
	}
	if _, err = sg.Update("Shot", shot.ID, plugin.Fields{"sg_status_list": started}, nil); err != nil {
		return plugin.Outcome{}, err
	}
	slog.Info("a Shot has started", "shot", shot.Name)
	return plugin.Done, nil
}

// taskRow is a Task, and through its link the Shot's status.
type taskRow struct {
	Shot       *plugin.Entity `json:"entity"`
	ShotStatus string         `json:"entity.Shot.sg_status_list"`
}
