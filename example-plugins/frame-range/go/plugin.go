// Writes a Version's frame range as text, and how many frames it has.
package main

import (
	"fmt"

	"cuebox.dev/plugin"
)

func init() {
	plugin.Main(func(reg *plugin.Registrar) error {
		reg.Callback("convert", convert).On("Shotgun_Version_Change", "sg_first_frame", "sg_last_frame")
		return nil
	})
}

func main() {}

// version is what is read of one; a frame that is not set is nil.
type version struct {
	First *int64 `json:"sg_first_frame"`
	Last  *int64 `json:"sg_last_frame"`
	Range string `json:"frame_range"`
	Count int64  `json:"frame_count"`
}

// convert takes what the Version holds now, which may be newer than the event.
func convert(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	entity, err := event.RequiredEntity()
	if err != nil {
		return plugin.Outcome{}, err
	}
	found, err := plugin.FindInto[version](sg, plugin.Query{
		Type: "Version", Filters: plugin.Filters{plugin.Where("id", "is", entity.ID)},
		Fields: []string{"sg_first_frame", "sg_last_frame", "frame_range", "frame_count"},
	})
	if err != nil {
		return plugin.Outcome{}, err
	}
	if len(found) == 0 || found[0].First == nil || found[0].Last == nil {
		return plugin.Skipped("only one end of the range is known"), nil
	}
	first, last := *found[0].First, *found[0].Last
	if last < first {
		return plugin.Rejected(fmt.Sprintf("Version %d ends at %d, before its first frame %d", entity.ID, last, first)), nil
	}
	text, count := fmt.Sprintf("%d-%d", first, last), last-first+1
	if found[0].Range == text && found[0].Count == count {
		return plugin.Skipped("the range is there already"), nil
	}
	_, err = sg.Update("Version", entity.ID, plugin.Fields{"frame_range": text, "frame_count": count}, nil)
	return plugin.Done, err
}
