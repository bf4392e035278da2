// Logs every event in one readable line.
package main

import (
	"fmt"
	"log/slog"
	"strings"

	"cuebox.dev/plugin"
)

func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		// A line that cannot be written stops nothing.
		reg.Callback("log", log).On("*").OnError(plugin.Continue)
		return nil
	})
}

func main() {}

func log(_ *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	who, place := "somebody", ""
	if event.User != nil && event.User.Name != "" {
		who = event.User.Name
	}
	if event.Project != nil && event.Project.Name != "" {
		place = ", in " + event.Project.Name
	}
	slog.Info(fmt.Sprintf("%d %s %s%s", event.ID, who, happened(event), place))
	return plugin.Done, nil
}

// happened is such as `changed sg_status_list of Task 5 Anim from wtg to ip`.
func happened(event *plugin.Event) string {
	subject := "nothing"
	if event.Entity != nil {
		subject = event.Entity.String()
	}
	switch event.Kind {
	case plugin.Created:
		return "created " + subject
	case plugin.Retired:
		return "retired " + subject
	case plugin.Revived:
		return "revived " + subject
	case plugin.Other:
		return "caused " + event.Type + " on " + subject
	}
	change := event.Attribute
	parts := []string{"changed " + change.Field + " of " + subject}
	if len(change.Added) > 0 {
		parts = append(parts, "adding "+shown(change.Added))
	}
	if len(change.Removed) > 0 {
		parts = append(parts, "removing "+shown(change.Removed))
	}
	if len(parts) > 1 {
		return strings.Join(parts, ", ")
	}
	return fmt.Sprintf("%s from %s to %s", parts[0], shown(change.Old), shown(change.New))
}

func shown(value any) string {
	switch value := value.(type) {
	case nil:
		return "nothing"
	case []plugin.Entity:
		var parts []string
		for _, entity := range value {
			parts = append(parts, entity.String())
		}
		return strings.Join(parts, ", ")
	default:
		return fmt.Sprint(value)
	}
}
