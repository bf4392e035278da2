// Tells a chat when a Version is approved.
package main

import (
	"fmt"
	"time"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
	"cuebox.dev/plugin/http"
)

// later is when a chat that is away is asked again.
const later = time.Minute

var url, approved string

func init() {
	plugin.Main(func(reg *plugin.Registrar) (err error) {
		if url, err = config.Require("url"); err != nil {
			return err
		}
		if approved, err = config.GetOr("approved", "apr"); err != nil {
			return err
		}
		reg.Callback("announce", announce).On("Shotgun_Version_Change", "sg_status_list")
		return nil
	})
}

func main() {}

func announce(_ *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	if event.NewStatus() != approved {
		return plugin.Skipped("the Version is not approved"), nil
	}
	version, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	answer, err := http.PostJSON(url, map[string]string{"text": version.Name + " is approved"})
	switch {
	case err != nil:
		return plugin.Outcome{}, err
	case answer.IsSuccess():
		return plugin.Done, nil
	case answer.Status == 429 || answer.Status >= 500:
		// It is busy, or has a fault of its own.
		return plugin.RetryAfter(later), nil
	default:
		return plugin.Rejected(fmt.Sprintf("the chat answered %d", answer.Status)), nil
	}
}
