package plugin

import (
	"fmt"

	"cuebox.dev/plugin/internal/core"
	wire "cuebox.dev/plugin/internal/imports/cuebox_plugin_shotgun"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// Denied means that the operator has not granted this, or the call was made outside of register and the callbacks, or it writes inside
// register. The text names what is missing.
type Denied struct{ What string }

// Fault means that the site refused.
type Fault struct {
	// Code is 102 for sign-in, 103 for a request, 104 for a rule or permission.
	Code uint32
	// Message is the site's own.
	Message string
}

// Unavailable means that the site could not be reached, or did not answer in time. A write may or may not have been made.
type Unavailable struct{ What string }

// Unreachable means that another host could not be reached, or did not answer as it should. What was asked may or may not have been done.
type Unreachable struct{ What string }

// Limit means that a limit of the host was reached: which one, and its value.
type Limit struct{ What string }

// Invalid means that the call makes no sense: a value that the site cannot take, an unknown option.
type Invalid struct{ What string }

func (e *Denied) Error() string { return "denied: " + e.What }
func (e *Fault) Error() string {
	return fmt.Sprintf("the site refused with code %d: %s", e.Code, e.Message)
}
func (e *Unavailable) Error() string { return "the site is unavailable: " + e.What }
func (e *Unreachable) Error() string { return "the other host is unreachable: " + e.What }
func (e *Limit) Error() string       { return "a limit was reached: " + e.What }
func (e *Invalid) Error() string     { return "the call is invalid: " + e.What }

// answered takes an answer of the connection apart. The host may have taken a while: the clock is read again.
func answered[T any](result witTypes.Result[T, wire.Error]) (T, error) {
	core.ReadClock()
	if result.IsOk() {
		return result.Ok(), nil
	}
	var none T
	return none, translated(result.Err())
}

func translated(given wire.Error) error {
	switch given.Tag() {
	case wire.Error_Denied:
		return &Denied{given.Denied()}
	case wire.Error_Fault:
		fault := given.Fault()
		return &Fault{fault.F0, fault.F1}
	case wire.Error_Unavailable:
		return &Unavailable{given.Unavailable()}
	case wire.Error_Limit:
		return &Limit{given.Limit()}
	default:
		return &Invalid{given.Invalid()}
	}
}
