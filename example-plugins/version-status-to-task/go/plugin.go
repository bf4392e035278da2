// Finishes a Task when one of its Versions is approved.
package main

import (
	"log/slog"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

const taskStatus = "sg_task.Task.sg_status_list"

var approved, finished string

func init() {
	plugin.Main(func(reg *plugin.Registrar) (err error) {
		if approved, err = config.GetOr("approved", "apr"); err != nil {
			return err
		}
		reg.Callback("roll-up", rollUp).On("Shotgun_Version_Change", "sg_status_list")
		finished, err = config.GetOr("task_status", "fin")
		return err
	})
}

func main() {}

func rollUp(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	if event.NewStatus() != approved {
		return plugin.Skipped("the Version is not approved"), nil
	}
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	version, err := sg.FindOne(plugin.Query{
		Type: "Version", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: []string{"sg_task", taskStatus},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	task := version.Link("sg_task")
	if task == nil {
		return plugin.Skipped("the Version is of no Task"), nil
	}
	if version.Text(taskStatus) == finished {
		return plugin.Skipped("the Task has the status already"), nil
	}
	slog.Info("a Version is approved, and so its Task is finished", "task", task.ID)
	_, err = sg.Update("Task", task.ID, plugin.Fields{"sg_status_list": finished}, nil)
	return plugin.Done, err
}
