// Package keyvalue has keys that are this plugin's alone and outlive the process. What a callback sets is kept if it ends in Done or Skipped, in
// the same step that marks the event as finished; after a failure the keys are as they were before. In register they can be read only.
package keyvalue

import (
	"encoding/json"
	"fmt"

	atomics "cuebox.dev/plugin/internal/imports/wasi_keyvalue_atomics"
	store "cuebox.dev/plugin/internal/imports/wasi_keyvalue_store"
	witTypes "cuebox.dev/plugin/internal/wit/types"
)

// bucketName is the one bucket that a plugin has.
const bucketName = "default"

// opened is kept for the life of the instance.
var opened *store.Bucket

// Get gives the value of a key; nil if it is not set.
func Get(key string) ([]byte, error) {
	value, err := ask(key, func(bucket *store.Bucket) witTypes.Result[witTypes.Option[[]uint8], store.Error] {
		return bucket.Get(key)
	})
	if err != nil || value.IsNone() {
		return nil, err
	}
	// A key that is set to nothing is set.
	return append([]byte{}, value.Some()...), nil
}

// Set sets a key.
func Set(key string, value []byte) error {
	_, err := ask(key, func(bucket *store.Bucket) witTypes.Result[witTypes.Unit, store.Error] {
		return bucket.Set(key, value)
	})
	return err
}

// Delete unsets a key; it does nothing if it is not set.
func Delete(key string) error {
	_, err := ask(key, func(bucket *store.Bucket) witTypes.Result[witTypes.Unit, store.Error] {
		return bucket.Delete(key)
	})
	return err
}

// Exists says whether a key is set.
func Exists(key string) (bool, error) {
	return ask(key, func(bucket *store.Bucket) witTypes.Result[bool, store.Error] { return bucket.Exists(key) })
}

// Keys gives all keys that are set, in no particular order.
func Keys() ([]string, error) {
	var keys []string
	cursor := witTypes.None[uint64]()
	for {
		page, err := ask("", func(bucket *store.Bucket) witTypes.Result[store.KeyResponse, store.Error] {
			return bucket.ListKeys(cursor)
		})
		if err != nil {
			return nil, err
		}
		keys = append(keys, page.Keys...)
		if cursor = page.Cursor; cursor.IsNone() {
			return keys, nil
		}
	}
}

// Increment adds to a counter, which starts at 0, and gives its new value.
func Increment(key string, delta uint64) (uint64, error) {
	return ask(key, func(bucket *store.Bucket) witTypes.Result[uint64, store.Error] {
		return atomics.Increment(bucket, key, delta)
	})
}

// GetJSON reads the value of a key that SetJSON wrote, and says whether it is set.
func GetJSON(key string, into any) (bool, error) {
	value, err := Get(key)
	if err != nil || value == nil {
		return false, err
	}
	if err := json.Unmarshal(value, into); err != nil {
		return true, fmt.Errorf("key-value `%s`: %w", key, err)
	}
	return true, nil
}

// SetJSON sets a key to a value in JSON.
func SetJSON(key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("key-value `%s`: %w", key, err)
	}
	return Set(key, text)
}

func ask[T any](key string, call func(*store.Bucket) witTypes.Result[T, store.Error]) (T, error) {
	var none T
	if opened == nil {
		bucket := store.Open(bucketName)
		if bucket.IsErr() {
			return none, translated(key, bucket.Err())
		}
		opened = bucket.Ok()
	}
	result := call(opened)
	if result.IsErr() {
		return none, translated(key, result.Err())
	}
	return result.Ok(), nil
}

func translated(key string, err store.Error) error {
	switch err.Tag() {
	case store.Error_AccessDenied:
		return fmt.Errorf("denied: key-value `%s`", key)
	case store.Error_NoSuchStore:
		return fmt.Errorf("key-value `%s`: the host has no bucket `%s`", key, bucketName)
	default:
		return fmt.Errorf("key-value `%s`: %s", key, err.Other())
	}
}
