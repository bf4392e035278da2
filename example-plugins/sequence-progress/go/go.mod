module sequence-progress

go 1.24

require cuebox.dev/plugin v0.0.0

replace cuebox.dev/plugin => ../../../plugin-sdk/go
