// A button in the site's pages without a web server: approves the Versions that were selected when it was pressed, and reports back by a Note.
package main

import (
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
)

var button, status string

func init() {
	plugin.Main(func(reg *plugin.Registrar) (err error) {
		if button, err = config.Require("button"); err != nil {
			return err
		}
		if status, err = config.GetOr("status", "apr"); err != nil {
			return err
		}
		reg.Callback("pressed", pressed).On("Shotgun_ActionMenuItem_Triggered")
		return nil
	})
}

func main() {}

func pressed(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	if item := event.Entity; item == nil || item.Type != "ActionMenuItem" || fmt.Sprint(item.ID) != button {
		return plugin.Skipped("another button"), nil
	}
	var meta struct {
		Payload struct {
			EntityType  string `json:"entity_type"`
			SelectedIDs string `json:"selected_ids"`
		} `json:"ami_payload"`
	}
	if err := event.Meta(&meta); err != nil {
		return plugin.Outcome{}, err
	}
	if kind := meta.Payload.EntityType; kind != "Version" {
		return plugin.Rejected(fmt.Sprintf("the button is for Versions, not for %ss", kind)), nil
	}
	var versions []plugin.Entity
	var requests []plugin.BatchRequest
	for _, text := range strings.FieldsFunc(meta.Payload.SelectedIDs, func(r rune) bool { return r == ',' || r == ' ' }) {
		id, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			return plugin.Outcome{}, err
		}
		versions = append(versions, plugin.Entity{Type: "Version", ID: id})
		requests = append(requests, plugin.BatchRequest{
			RequestType: "update", EntityType: "Version", EntityID: id, Data: plugin.Fields{"sg_status_list": status},
		})
	}
	if len(versions) == 0 {
		return plugin.Skipped("nothing was selected"), nil
	}
	said := fmt.Sprintf("%d Versions are %s", len(versions), status)
	note := plugin.Fields{"project": event.Project, "subject": said, "note_links": versions}
	requests = append(requests, plugin.BatchRequest{RequestType: "create", EntityType: "Note", Data: note})
	if _, err := sg.Batch(requests...); err != nil {
		return plugin.Outcome{}, err
	}
	slog.Info(said)
	return plugin.Done, nil
}
