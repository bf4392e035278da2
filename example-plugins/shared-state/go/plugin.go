// Two callbacks that share what they know: in memory while the plugin runs, in key-values beyond that.
package main

import (
	"fmt"
	"log/slog"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/keyvalue"
)

// versionsSeen is the key of how many Versions were ever seen; outlives the process.
const versionsSeen = "versions-seen"

// latest is from a Shot's id to the name of its latest Version; gone when the plugin is swapped or the process ends.
var latest = map[uint64]string{}

func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		reg.Callback("remember", remember).On("Shotgun_Version_New")
		reg.Callback("tell", tell).On("Shotgun_Shot_Change", "sg_status_list")
		return nil
	})
}

func main() {}

func read(sg *plugin.Shotgun, event *plugin.Event, fields ...string) (plugin.Row, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return nil, err
	}
	return sg.FindOne(plugin.Query{Type: entity.Type, Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: fields})
}

// remember keeps which Version of a Shot came last, and counts.
func remember(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	version, err := read(sg, event, "code", "entity")
	if err != nil {
		return plugin.Outcome{}, err
	}
	shot := version.Link("entity")
	if shot == nil || shot.Type != "Shot" {
		return plugin.Skipped("the Version is not of a Shot, or gone again"), nil
	}
	count, err := keyvalue.Increment(versionsSeen, 1)
	if err != nil {
		return plugin.Outcome{}, err
	}
	latest[shot.ID] = version.Text("code")
	slog.Info(fmt.Sprintf("%s is the latest of its Shot; %d seen so far", version.Text("code"), count))
	return plugin.Done, nil
}

// tell writes the latest Version into the description of a Shot whose status changed.
func tell(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	shot, err := read(sg, event, "description")
	if err != nil {
		return plugin.Outcome{}, err
	}
	code, isKnown := latest[shot.ID()]
	if !isKnown {
		return plugin.Skipped("no Version of this Shot was seen since the plugin started"), nil
	}
	text := "Latest Version: " + code
	if shot.Text("description") == text {
		return plugin.Skipped("it says so already"), nil
	}
	if _, err := sg.Update("Shot", shot.ID(), plugin.Fields{"description": text}, nil); err != nil {
		return plugin.Outcome{}, err
	}
	seen, err := keyvalue.Get(versionsSeen)
	slog.Info(fmt.Sprintf("told Shot %d of %s, one of %s Versions seen so far", shot.ID(), code, seen))
	return plugin.Done, err
}
