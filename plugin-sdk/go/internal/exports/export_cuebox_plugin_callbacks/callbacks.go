// Package export_cuebox_plugin_callbacks is what the generated exports call.
package export_cuebox_plugin_callbacks

import (
	"cuebox.dev/plugin/internal/core"
	"cuebox.dev/plugin/internal/imports/cuebox_plugin_callbacks"
	"cuebox.dev/plugin/internal/imports/cuebox_plugin_types"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// Register is the contract's register.
func Register() witTypes.Result[[]cuebox_plugin_callbacks.Callback, string] {
	return core.Register()
}

// Handle is the contract's handle.
func Handle(callback string, event cuebox_plugin_types.Event) witTypes.Result[cuebox_plugin_callbacks.Outcome, string] {
	return core.Handle(callback, event)
}
