// Does what tests/it/conformance.rs asks for, in Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand"
	"sort"
	"strings"
	"time"

	"cuebox.dev/plugin"
	"cuebox.dev/plugin/config"
	"cuebox.dev/plugin/http"
	"cuebox.dev/plugin/keyvalue"
)

func init() {
	plugin.Main(register)
}

func main() {}

func register(reg *plugin.Registrar) error {
	marker, err := config.Require("marker")
	if err != nil {
		return err
	}
	_, missing := config.Require("nope")
	list, err := config.List("list")
	if err != nil {
		return err
	}
	slog.Info(fmt.Sprintf("register: %s %s %s", marker, strings.Join(list, "/"), missing))
	schema, err := reg.Shotgun.SchemaRead("Shot", "sg_client_approved_at", nil)
	if err != nil {
		return err
	}
	field := schema["sg_client_approved_at"].(map[string]any)["data_type"].(map[string]any)["value"]
	_, err = reg.Shotgun.Create("Note", plugin.Fields{"subject": "x"})
	var denied *plugin.Denied
	slog.Info(fmt.Sprintf("register: %s %t", field, errors.As(err, &denied)))
	reg.Callback("scenario", scenario).On("Shotgun_Task_Change", "sg_description").OnError(plugin.Continue)
	reg.Callback("filtered", filtered).On("Shotgun_Task_New").On("Shotgun_Task_Change", "content")
	reg.Callback("gathered", gathered).On("Shotgun_Shot_Change", "description").Coalesce(1500 * time.Millisecond)
	return nil
}

func filtered(_ *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	slog.Info("filtered: " + event.Type)
	return plugin.Done, nil
}

func gathered(_ *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	var values []string
	for _, one := range event.All() {
		values = append(values, fmt.Sprint(one.NewValue()))
	}
	slog.Info("gathered: " + strings.Join(values, " "))
	return plugin.Done, nil
}

type answer func(sg *plugin.Shotgun, event *plugin.Event) (any, error)

var scenarios = map[string]answer{
	"event": told, "find": find, "write": write, "trash": trash, "batch": batch, "summarize": summarize, "files": files, "call": call,
	"dates": dates, "keys": keys, "levels": levels, "fail": explode, "fault": fault, "invalid": invalid, "churn": churn,
	"http": askOthers, "http-refused": askInVain, "chance": chance,
	"kept":  func(*plugin.Shotgun, *plugin.Event) (any, error) { return keyvalue.Increment("counter", 1) },
	"retry": func(_ *plugin.Shotgun, event *plugin.Event) (any, error) { return event.Attempt, nil },
}

func scenario(sg *plugin.Shotgun, event *plugin.Event) (plugin.Outcome, error) {
	name, _ := event.NewValue().(string)
	switch {
	case name == "skip":
		return plugin.Skipped("nothing to do here"), nil
	case name == "retry" && event.Attempt == 1:
		return plugin.RetryAfter(900 * time.Millisecond), nil
	case name == "reject":
		return plugin.Rejected("never again"), nil
	}
	given, err := scenarios[name](sg, event)
	if err != nil {
		return plugin.Outcome{}, err
	}
	slog.Info(fmt.Sprintf("%s: %v", name, given))
	return plugin.Done, nil
}

func chance(*plugin.Shotgun, *plugin.Event) (any, error) {
	var letters strings.Builder
	for letter := range map[string]int{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6} {
		letters.WriteString(letter)
	}
	since := time.Now()
	return fmt.Sprint(rand.Int63(), " ", since.UnixNano(), " ", time.Since(since).Nanoseconds(), " ", letters.String()), nil
}

func explode(*plugin.Shotgun, *plugin.Event) (any, error) {
	panic("it broke")
}

func link(entity *plugin.Entity) string {
	if entity == nil {
		return "none"
	}
	return fmt.Sprintf("%s/%d", entity.Type, entity.ID)
}

func told(_ *plugin.Shotgun, event *plugin.Event) (any, error) {
	change := event.Attribute
	var meta struct{ Type string }
	if err := event.Meta(&meta); err != nil {
		return nil, err
	}
	entity, err := event.RequiredEntity()
	if age := time.Since(event.CreatedAt); age < -time.Minute || age > time.Hour {
		return nil, fmt.Errorf("the event is %s old", age)
	}
	return fmt.Sprint(event.ID, " ", event.Type, " ", event.AttributeName, " ", link(event.Entity), " ", entity.Name, " ",
		link(event.Project), " ", link(event.User), " ", event.CreatedAt.UnixMilli(), " ", change.DataType, " ", change.Old == nil, " ",
		change.InCreate, " ", event.Attempt, " ", meta.Type), err
}

func shot(sg *plugin.Shotgun, code string, fields ...string) (plugin.Row, error) {
	return sg.FindOne(plugin.Query{Type: "Shot", Filters: plugin.Filters{plugin.Where("code", "is", code)}, Fields: fields})
}

func note(event *plugin.Event, subject string) plugin.Fields {
	return plugin.Fields{"project": event.Project, "subject": subject}
}

func find(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	starts := plugin.Where("code", "starts_with", "conf_")
	sequence := "sg_sequence.Sequence.code"
	rows, err := sg.Find(plugin.Query{
		Type: "Shot", Filters: plugin.Filters{starts}, Fields: []string{"code", sequence},
		Order: []plugin.Sort{{Field: "code", Descending: true}}, Limit: 2,
	})
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, row := range rows {
		parts = append(parts, row.Text("code")+"/"+row.Text(sequence))
	}
	others := plugin.Where("code", "is_not", "conf_1")
	either := plugin.Any(plugin.Where("code", "is", "conf_1"), plugin.Where("code", "is", "conf_2"))
	type found struct{ Code string }
	some, err := plugin.FindInto[found](sg, plugin.Query{Type: "Shot", Filters: plugin.Filters{others, either}, Fields: []string{"code"}})
	if err != nil {
		return nil, err
	}
	none, err := shot(sg, "conf_0")
	return fmt.Sprint(strings.Join(parts, " "), " ", len(some), " ", none == nil), err
}

func write(sg *plugin.Shotgun, event *plugin.Event) (any, error) {
	created, err := sg.Create("Note", note(event, "made \u00e9"), "subject")
	if err != nil {
		return nil, err
	}
	row, err := shot(sg, "conf_1")
	if err != nil {
		return nil, err
	}
	data := plugin.Fields{"notes": []plugin.Entity{created.Entity()}, "sg_cut_in": 1001}
	if _, err := sg.Update("Shot", row.ID(), data, plugin.Modes{"notes": "add"}); err != nil {
		return nil, err
	}
	row, err = shot(sg, "conf_1", "notes", "sg_cut_in")
	return fmt.Sprint(created.Text("subject"), " ", len(row.Links("notes")), " ", row.Int("sg_cut_in")), err
}

func trash(sg *plugin.Shotgun, event *plugin.Event) (any, error) {
	created, err := sg.Create("Note", note(event, "for the trash"))
	if err != nil {
		return nil, err
	}
	var parts []string
	for _, act := range []func(string, uint64) (bool, error){sg.Delete, sg.Delete, sg.Revive, sg.Revive} {
		done, err := act("Note", created.ID())
		if err != nil {
			return nil, err
		}
		parts = append(parts, fmt.Sprint(done))
	}
	return strings.Join(parts, " "), nil
}

func batch(sg *plugin.Shotgun, event *plugin.Event) (any, error) {
	old, err := sg.Create("Note", note(event, "old"))
	if err != nil {
		return nil, err
	}
	row, err := shot(sg, "conf_2")
	if err != nil {
		return nil, err
	}
	answers, err := sg.Batch(
		plugin.BatchRequest{RequestType: "update", EntityType: "Shot", EntityID: row.ID(), Data: plugin.Fields{"sg_cut_in": 7}},
		plugin.BatchRequest{RequestType: "create", EntityType: "Note", Data: note(event, "new")},
		plugin.BatchRequest{RequestType: "delete", EntityType: "Note", EntityID: old.ID()},
	)
	if err != nil {
		return nil, err
	}
	kind := func(answer any) any { return answer.(map[string]any)["type"] }
	return fmt.Sprint(kind(answers[0]), " ", kind(answers[1]), " ", answers[2]), nil
}

func summarize(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	filters := plugin.Filters{plugin.Where("code", "starts_with", "conf_")}
	counted, err := sg.Summarize("Shot", filters, []any{plugin.Fields{"field": "id", "type": "count"}}, nil)
	if err != nil {
		return nil, err
	}
	return counted["summaries"].(map[string]any)["id"], nil
}

func files(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	row, err := shot(sg, "conf_1")
	if err != nil {
		return nil, err
	}
	if _, err := sg.Upload(row.Entity(), "sg_reference", "hello.txt", []byte("hello \xff")); err != nil {
		return nil, err
	}
	if row, err = shot(sg, "conf_1", "sg_reference"); err != nil {
		return nil, err
	}
	content, err := sg.Download(row["sg_reference"])
	return strings.Trim(fmt.Sprint(content), "[]"), err
}

func call(sg *plugin.Shotgun, event *plugin.Event) (any, error) {
	followers, err := sg.Call("followers", plugin.Fields{"entity": event.Entity})
	if err != nil {
		return nil, err
	}
	return len(followers.([]any)), nil
}

func dates(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	row, err := shot(sg, "conf_1", "sg_client_approved_at")
	if err != nil {
		return nil, err
	}
	approved := row.Time("sg_client_approved_at")
	_, err = sg.Update("Shot", row.ID(), plugin.Fields{"sg_client_approved_at": approved.Add(time.Hour)}, nil)
	return approved.UnixMilli(), err
}

func keys(*plugin.Shotgun, *plugin.Event) (any, error) {
	before, _ := keyvalue.Get("a")
	if err := keyvalue.Set("a", []byte("v\u00e4lue")); err != nil {
		return nil, err
	}
	value, _ := keyvalue.Get("a")
	first, _ := keyvalue.Increment("counter", 1)
	second, _ := keyvalue.Increment("counter", 2)
	names, _ := keyvalue.Keys()
	sort.Strings(names)
	if err := keyvalue.Delete("a"); err != nil {
		return nil, err
	}
	after, _ := keyvalue.Exists("a")
	if err := keyvalue.SetJSON("j", map[string][]int{"x": {1, 2}}); err != nil {
		return nil, err
	}
	var read map[string][]int
	_, err := keyvalue.GetJSON("j", &read)
	return fmt.Sprint(before == nil, " ", string(value), " ", first, " ", second, " ", strings.Join(names, "/"), " ", !after, " ", read["x"][1]), err
}

func askOthers(*plugin.Shotgun, *plugin.Event) (any, error) {
	web, err := config.Require("web")
	if err != nil {
		return nil, err
	}
	echo, small, large := web+"/echo", "gr\u00f6\u00dfe", strings.Repeat("x", 100_000)
	answer, err := http.Do(http.Request{Method: "POST", URL: echo, Headers: []http.Header{{Name: "x-conf", Value: "1"}}, Body: []byte(small)})
	if err != nil {
		return nil, err
	}
	echoed := strings.Contains(string(answer.Body), "x-conf: 1") && strings.HasSuffix(string(answer.Body), small)
	whole, err := http.Do(http.Request{Method: "POST", URL: echo, Body: []byte(large)})
	if err != nil {
		return nil, err
	}
	busy, err := http.Get(web + "/status/503")
	if err != nil {
		return nil, err
	}
	moved, err := http.Get(web + "/to/" + echo)
	if err != nil {
		return nil, err
	}
	return fmt.Sprint(answer.Status, " ", answer.Header("X-Served"), " ", echoed, " ", strings.HasSuffix(string(whole.Body), large), " ",
		busy.Status, " ", busy.IsSuccess(), " ", moved.Status, " ", moved.Header("location") == echo), nil
}

func askInVain(*plugin.Shotgun, *plugin.Event) (any, error) {
	web, _ := config.Require("web")
	gone, _ := config.Require("gone")
	var ended []string
	for _, url := range []string{web + "/denied", gone, "ftp://x/"} {
		_, err := http.Get(url)
		var denied *plugin.Denied
		var unreachable *plugin.Unreachable
		var invalid *plugin.Invalid
		switch {
		case errors.As(err, &denied):
			ended = append(ended, "denied")
		case errors.As(err, &unreachable):
			ended = append(ended, "unreachable")
		case errors.As(err, &invalid):
			ended = append(ended, "invalid")
		default:
			ended = append(ended, fmt.Sprint(err))
		}
	}
	return strings.Join(ended, " "), nil
}

func levels(*plugin.Shotgun, *plugin.Event) (any, error) {
	names := []string{"trace", "debug", "info", "warn", "error", "critical"}
	all := []slog.Level{plugin.LevelTrace, slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError, plugin.LevelCritical}
	for index, level := range all {
		slog.Log(context.Background(), level, "level "+names[index])
	}
	return len(all), nil
}

func churn(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	count := 0
	for range 300 {
		if _, err := sg.SchemaRead("Shot", "", nil); err != nil {
			return nil, err
		}
		count++
	}
	return count, nil
}

func fault(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	row, err := shot(sg, "conf_1")
	if err != nil {
		return nil, err
	}
	_, err = sg.Update("Shot", row.ID(), plugin.Fields{"sg_nope": 1}, nil)
	var fault *plugin.Fault
	if !errors.As(err, &fault) {
		return nil, fmt.Errorf("no fault: %v", err)
	}
	return fmt.Sprintf("%d %s", fault.Code, fault.Message), nil
}

func invalid(sg *plugin.Shotgun, _ *plugin.Event) (any, error) {
	_, err := sg.Call("no method", plugin.Fields{})
	var invalid *plugin.Invalid
	if !errors.As(err, &invalid) {
		return nil, fmt.Errorf("not invalid: %v", err)
	}
	return "invalid", nil
}
