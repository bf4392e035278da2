// Package core is between the exports of the component and the package that plugins use.
package core

import (
	"cuebox.dev/plugin/internal/imports/cuebox_plugin_callbacks"
	"cuebox.dev/plugin/internal/imports/cuebox_plugin_types"
	witTypes "cuebox.dev/plugin/internal/wit/types"
	"unsafe"
)

// Register answers the host's register.
var Register func() witTypes.Result[[]cuebox_plugin_callbacks.Callback, string]

// Handle answers the host's handle.
var Handle func(callback string, event cuebox_plugin_types.Event) witTypes.Result[cuebox_plugin_callbacks.Outcome, string]

//go:wasmimport wasi_snapshot_preview1 adapter_read_clock
func adapterReadClock(place unsafe.Pointer)

var clockPlace [2]uint64

// ReadClock sets Go's clock by the host's. Between two calls of it time hardly moves: the adapter cannot ask the host at any time.
func ReadClock() {
	adapterReadClock(unsafe.Pointer(&clockPlace))
}
