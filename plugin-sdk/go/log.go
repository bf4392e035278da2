package plugin

import (
	"context"
	"log/slog"
	"strings"

	"cuebox.dev/plugin/internal/imports/wasi_logging_logging"
)

const (
	// LevelTrace is below slog.LevelDebug: every step.
	LevelTrace = slog.LevelDebug - 4
	// LevelCritical is above slog.LevelError: someone must act now.
	LevelCritical = slog.LevelError + 4
)

// hostHandler makes the host's log the end of slog: the message, then key=value for each attribute. Which lines are shown is the operator's to
// say.
type hostHandler struct {
	prefix string
	suffix string
}

func init() {
	slog.SetDefault(slog.New(hostHandler{}))
}

func (h hostHandler) Enabled(context.Context, slog.Level) bool { return true }

func (h hostHandler) Handle(_ context.Context, record slog.Record) error {
	var line strings.Builder
	line.WriteString(record.Message)
	line.WriteString(h.suffix)
	record.Attrs(func(attribute slog.Attr) bool {
		line.WriteString(" " + h.prefix + attribute.String())
		return true
	})
	wasi_logging_logging.Log(levelOf(record.Level), "plugin", line.String())
	return nil
}

func (h hostHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	for _, attribute := range attributes {
		h.suffix += " " + h.prefix + attribute.String()
	}
	return h
}

func (h hostHandler) WithGroup(name string) slog.Handler {
	h.prefix += name + "."
	return h
}

func levelOf(level slog.Level) wasi_logging_logging.Level {
	switch {
	case level >= LevelCritical:
		return wasi_logging_logging.Level_Critical
	case level >= slog.LevelError:
		return wasi_logging_logging.Level_Error
	case level >= slog.LevelWarn:
		return wasi_logging_logging.Level_Warn
	case level >= slog.LevelInfo:
		return wasi_logging_logging.Level_Info
	case level >= slog.LevelDebug:
		return wasi_logging_logging.Level_Debug
	default:
		return wasi_logging_logging.Level_Trace
	}
}
