// Package config has the settings that the operator wrote for this plugin, [plugin.NAME.settings]. Read them in register: an error there is
// shown when the plugin is loaded, not at the first event.
package config

import (
	"fmt"
	"strings"

	store "cuebox.dev/plugin/internal/imports/wasi_config_store"
)

// Get gives a setting, and whether the operator wrote it.
func Get(key string) (string, bool, error) {
	result := store.Get(key)
	if result.IsErr() {
		return "", false, fmt.Errorf("setting `%s` cannot be read: %s", key, reason(result.Err()))
	}
	value := result.Ok()
	return value.SomeOr(""), value.IsSome(), nil
}

// GetOr gives a setting, or this value where the operator did not write it.
func GetOr(key, absent string) (string, error) {
	value, isThere, err := Get(key)
	if !isThere {
		value = absent
	}
	return value, err
}

// Require gives a setting; an error that names it where the operator did not write it, or left it empty.
func Require(key string) (string, error) {
	value, isThere, err := Get(key)
	switch {
	case err != nil:
		return "", err
	case !isThere:
		return "", fmt.Errorf("setting `%s` is required and missing", key)
	case strings.TrimSpace(value) == "":
		return "", fmt.Errorf("setting `%s` is empty", key)
	}
	return value, nil
}

// List gives a setting as a list: its parts between commas, without the space around them, without empty ones.
func List(key string) ([]string, error) {
	value, _, err := Get(key)
	var parts []string
	for _, part := range strings.Split(value, ",") {
		if part = strings.TrimSpace(part); part != "" {
			parts = append(parts, part)
		}
	}
	return parts, err
}

// All gives all settings.
func All() (map[string]string, error) {
	result := store.GetAll()
	if result.IsErr() {
		return nil, fmt.Errorf("the settings cannot be read: %s", reason(result.Err()))
	}
	settings := map[string]string{}
	for _, setting := range result.Ok() {
		settings[setting.F0] = setting.F1
	}
	return settings, nil
}

func reason(err store.Error) string {
	if err.Tag() == store.Error_Upstream {
		return err.Upstream()
	}
	return err.Io()
}
