// Writes the day of a moment into a date field: the day that it was in the studio, not in UTC.
package main

import (
	"fmt"
	"log/slog"
	"time"
	// The rules of all zones: there are no files in the sandbox.
	_ "time/tzdata"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

var (
	zone        *time.Location
	moment, day string
)

func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		name, err := config.Require("zone")
		if err != nil {
			return err
		}
		if zone, err = time.LoadLocation(name); err != nil {
			return fmt.Errorf("setting `zone` names no time zone: %s", name)
		}
		if moment, err = config.Require("moment_field"); err != nil {
			return err
		}
		if day, err = config.Require("day_field"); err != nil {
			return err
		}
		reg.Callback("stamp", stamp).On("Shotgun_Shot_Change", moment)
		return nil
	})
}

func main() {}

func stamp(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	shot, err := sg.FindOne(plugin.Query{
		Type: "Shot", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)}, Fields: []string{moment, day},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	if shot == nil {
		return plugin.Skipped("the Shot is gone"), nil
	}
	var date any
	if !shot.Time(moment).IsZero() {
		date = shot.Time(moment).In(zone).Format(time.DateOnly)
	}
	if shot[day] == date {
		return plugin.Skipped("the day is there already"), nil
	}
	slog.Info("stamped", "field", day, "shot", entity.Name, "day", date)
	_, err = sg.Update("Shot", entity.ID, plugin.Fields{day: date}, nil)
	return plugin.Done, err
}
