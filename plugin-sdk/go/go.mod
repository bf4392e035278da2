module cuebox.dev/plugin

go 1.24
