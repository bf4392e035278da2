// Gives new Shots their handles: the frames before and after the cut that are worked on as well.
package main

import (
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

// handles is from field to the frames that new Shots get in it.
var handles = map[string]int64{}

func init() {
	plugin.Main(register)
}

func main() {}

// register reads the settings and checks that the site has both fields.
func register(reg *plugin.Registrar) error {
	for _, end := range []string{"head", "tail"} {
		field, err := config.GetOr(end+"_field", "sg_"+end+"_duration")
		if err != nil {
			return err
		}
		text, err := config.GetOr(end+"_frames", "8")
		if err != nil {
			return err
		}
		if handles[field], err = strconv.ParseInt(text, 10, 64); err != nil || handles[field] < 0 {
			return fmt.Errorf("setting `%s_frames` is no number from 0 on: %s", end, text)
		}
		schema, err := reg.Shotgun.SchemaRead("Shot", field, nil)
		if err != nil {
			return err
		}
		property := func(name string) any {
			return schema[field].(map[string]any)[name].(map[string]any)["value"]
		}
		if property("data_type") != "number" || property("editable") != true {
			return fmt.Errorf("Shot.%s is not a number field that can be written", field)
		}
	}
	reg.Callback("set-handles", setHandles).On("Shotgun_Shot_New")
	return nil
}

// setHandles sets the handles that the Shot was not created with.
func setHandles(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	shot, err := sg.FindOne(plugin.Query{
		Type: "Shot", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: slices.Sorted(maps.Keys(handles)),
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	if shot == nil {
		return plugin.Skipped("the Shot is gone again"), nil
	}
	missing := plugin.Fields{}
	for field, frames := range handles {
		if shot[field] == nil {
			missing[field] = frames
		}
	}
	if len(missing) == 0 {
		return plugin.Skipped("the Shot was created with handles"), nil
	}
	slog.Info("the Shot gets its handles", "shot", entity.Name)
	_, err = sg.Update("Shot", entity.ID, missing, nil)
	return plugin.Done, err
}
