// Package plugin is for plugins of cuebox, the sandboxed event host for Flow Production Tracking, in Go.
//
//	func init() {
//		plugin.Main(func(reg *plugin.Registrar) error {
//			reg.Callback("on_status", onStatus).On("Shotgun_Task_Change", "sg_status_list")
//			return nil
//		})
//	}
//
//	func main() {}
package plugin

import (
	"fmt"
	"math"
	"runtime/debug"
	"strings"
	"time"

	"cuebox.dev/plugin/internal/core"
	// The exports of the component.
	_ "cuebox.dev/plugin/internal/exports/wit_exports"
	wire "cuebox.dev/plugin/internal/imports/cuebox_plugin_callbacks"
	types "cuebox.dev/plugin/internal/imports/cuebox_plugin_types"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// Outcome is what a callback says it did. An error in place of one is a failure.
type Outcome struct{ wire wire.Outcome }

// Done means finished with the event.
var Done = Outcome{wire.MakeOutcomeDone()}

// Skipped means that there was nothing to do, and why; shown in the debug log.
func Skipped(why string) Outcome { return Outcome{wire.MakeOutcomeSkipped(why)} }

// RetryAfter has the event handed over again, to this callback, after so long (in whole seconds, rounded up). The events after it wait.
func RetryAfter(delay time.Duration) Outcome {
	seconds := math.Ceil(max(delay.Seconds(), 0))
	return Outcome{wire.MakeOutcomeRetryAfter(uint32(min(seconds, math.MaxUint32)))}
}

// Rejected means that the event cannot be handled, now or later, and why. A failure that is not tried again.
func Rejected(why string) Outcome { return Outcome{wire.MakeOutcomeRejected(why)} }

// OnError is what happens when a callback fails, after the attempts that the operator allows.
type OnError uint8

const (
	// Deactivate stops the plugin before the event.
	Deactivate = OnError(wire.OnError_Deactivate)
	// Continue lets the event be gone.
	Continue = OnError(wire.OnError_Continue)
	// DeadLetter puts the event aside for the operator.
	DeadLetter = OnError(wire.OnError_DeadLetter)
)

// Handler takes one event.
type Handler func(sg *Shotgun, event *Event) (Outcome, error)

// Callback is one callback: its name, the events it wants, and what it does with them.
type Callback struct {
	wire    wire.Callback
	handler Handler
}

// On wants events of this type (*: of every type) that changed one of these fields (none: any field, or no field). It may be called again; an
// event that matches one of them is handed over.
func (c *Callback) On(eventType string, attributes ...string) *Callback {
	c.wire.Filters = append(c.wire.Filters, wire.Filter{EventType: eventType, Attributes: attributes})
	return c
}

// OnError says what happens when this callback fails, where the operator's configuration does not.
func (c *Callback) OnError(choice OnError) *Callback {
	c.wire.OnError = witTypes.Some(wire.OnError(choice))
	return c
}

// Coalesce gathers the events of one entity that arrive within this time, at most an hour, and hands them over in one call: the newest, with
// the earlier ones (Event.All).
func (c *Callback) Coalesce(window time.Duration) *Callback {
	c.wire.Coalesce = witTypes.Some(uint32(window.Milliseconds()))
	return c
}

// Registrar collects the callbacks of a plugin while it registers. The host makes an instance of the plugin, registers it once, and then hands
// events to it until it is replaced: what is in a variable stays between events.
type Registrar struct {
	// Shotgun is the connection. In register it reads, for instance to check settings against the site's schema.
	Shotgun   *Shotgun
	callbacks []*Callback
}

// Callback adds a callback. Unless On narrows it, it is handed every event. The name is unique within the plugin.
func (r *Registrar) Callback(name string, handler Handler) *Callback {
	callback := &Callback{
		wire: wire.Callback{
			Name: name, OnError: witTypes.None[wire.OnError](), Coalesce: witTypes.None[uint32](),
		},
		handler: handler,
	}
	r.callbacks = append(r.callbacks, callback)
	return callback
}

// Main makes the program a plugin. Call it in an init function: main is never called.
func Main(register func(*Registrar) error) {
	callbacks := map[string]Handler{}
	core.Register = func() (answer witTypes.Result[[]wire.Callback, string]) {
		core.ReadClock()
		defer func() {
			if thrown := recover(); thrown != nil {
				answer = witTypes.Err[[]wire.Callback, string](described(thrown))
			}
		}()
		registrar := &Registrar{Shotgun: &Shotgun{}}
		if err := register(registrar); err != nil {
			return witTypes.Err[[]wire.Callback, string](err.Error())
		}
		var registered []wire.Callback
		for _, callback := range registrar.callbacks {
			callbacks[callback.wire.Name] = callback.handler
			registered = append(registered, callback.wire)
		}
		return witTypes.Ok[[]wire.Callback, string](registered)
	}
	core.Handle = func(name string, given types.Event) (answer witTypes.Result[wire.Outcome, string]) {
		core.ReadClock()
		defer func() {
			if thrown := recover(); thrown != nil {
				answer = witTypes.Err[wire.Outcome, string](described(thrown))
			}
		}()
		handler, ok := callbacks[name]
		if !ok {
			return witTypes.Err[wire.Outcome, string](fmt.Sprintf("the plugin has no callback `%s`", name))
		}
		outcome, err := handler(&Shotgun{}, eventOf(given))
		if err != nil {
			return witTypes.Err[wire.Outcome, string](err.Error())
		}
		return witTypes.Ok[wire.Outcome, string](outcome.wire)
	}
}

// described is a panic with the places that it came through, from the plugin's own code on.
func described(thrown any) string {
	stack := string(debug.Stack())
	if _, after, found := strings.Cut(stack, "panic("); found {
		// The line of the panic itself, and that of its place.
		if lines := strings.SplitN(after, "\n", 3); len(lines) == 3 {
			stack = lines[2]
		}
	}
	return fmt.Sprintf("panic: %v\n%s", thrown, strings.TrimSpace(stack))
}
