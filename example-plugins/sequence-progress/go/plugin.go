// Writes how many Shots of a Sequence are finished into its description.
package main

import (
	"fmt"
	"log/slog"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

const description = "sg_sequence.Sequence.description"

var finished string

func init() {
	plugin.Main(func(reg *plugin.Registrar) (err error) {
		reg.Callback("summarize", summarize).On("Shotgun_Shot_Change", "sg_status_list")
		finished, err = config.GetOr("finished", "fin")
		return err
	})
}

func main() {}

// summarize has the site count, which is one question, however many Shots there are.
func summarize(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	shot, err := sg.FindOne(plugin.Query{
		Type: "Shot", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: []string{"sg_sequence", description},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	sequence := shot.Link("sg_sequence")
	if sequence == nil {
		return plugin.Skipped("the Shot is in no Sequence"), nil
	}
	shots, err := sg.Summarize("Shot", plugin.Filters{plugin.Where("sg_sequence", "is", sequence)},
		[]any{plugin.Fields{"field": "id", "type": "count"}},
		[]any{plugin.Fields{"field": "sg_status_list", "type": "exact", "direction": "asc"}})
	if err != nil {
		return plugin.Outcome{}, err
	}
	count := func(summary map[string]any) int64 { return plugin.Row(summary["summaries"].(map[string]any)).Int("id") }
	var done int64
	for _, group := range shots["groups"].([]any) {
		if group := group.(map[string]any); group["group_value"] == finished {
			done = count(group)
		}
	}
	text := fmt.Sprintf("%d of %d Shots are finished", done, count(shots))
	if shot.Text(description) == text {
		return plugin.Skipped("it says so already"), nil
	}
	slog.Info(text, "sequence", sequence.ID)
	_, err = sg.Update("Sequence", sequence.ID, plugin.Fields{"description": text}, nil)
	return plugin.Done, err
}
