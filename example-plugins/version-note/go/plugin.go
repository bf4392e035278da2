// Makes a Note of what is written into a Version's description, so that it is found, and answered, where notes are.
package main

import (
	"log/slog"
	"strings"

	"cuebox.dev/plugin"
)

func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		reg.Callback("note", note).On("Shotgun_Version_Change", "description")
		return nil
	})
}

func main() {}

func note(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	text, _ := event.NewValue().(string)
	if text = strings.TrimSpace(text); text == "" {
		return plugin.Skipped("the description is empty"), nil
	}
	version, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	project, err := event.RequiredProject()
	if err != nil {
		return plugin.Outcome{}, err
	}
	slog.Info("a Note is made", "version", version.Name)
	_, err = sg.Create("Note", plugin.Fields{
		"project": project, "subject": "About " + version.Name, "content": text, "note_links": []plugin.Entity{version},
	})
	return plugin.Done, err
}
