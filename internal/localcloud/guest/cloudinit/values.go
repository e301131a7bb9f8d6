package cloudinit

import (
	"encoding/base64"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
)

func asBool(key string, v any) (bool, error) {
	b, ok := v.(bool)
	if !ok {
		return false, fmt.Errorf("%s: %v is not of type 'boolean'", key, v)
	}
	return b, nil
}

func asList(key string, v any) ([]any, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, fmt.Errorf("%s: %v is not of type 'array'", key, v)
	}
	return list, nil
}

// asPackages accepts a name, or a name with a version.
func asPackages(v any) ([]string, error) {
	list, err := asList("packages", v)
	if err != nil {
		return nil, err
	}
	var names []string
	for i, item := range list {
		switch item := item.(type) {
		case string:
			names = append(names, item)
		case []any:
			if len(item) != 2 {
				return nil, fmt.Errorf("packages.%d: a list must hold a name and a version", i)
			}
			names = append(names, fmt.Sprintf("%v-%v", item[0], item[1]))
		default:
			return nil, fmt.Errorf("packages.%d: %v is not of type 'string'", i, item)
		}
	}
	return names, nil
}

func asCommands(v any) ([]Command, error) {
	list, err := asList("runcmd", v)
	if err != nil {
		return nil, err
	}
	var commands []Command
	for i, item := range list {
		switch item := item.(type) {
		case string:
			commands = append(commands, Command{Shell: item})
		case []any:
			var c Command
			for _, arg := range item {
				c.Args = append(c.Args, fmt.Sprint(arg))
			}
			commands = append(commands, c)
		case nil: // cloud-init permits an empty entry
		default:
			return nil, fmt.Errorf("runcmd.%d: %v is not of type 'array' or 'string'", i, item)
		}
	}
	return commands, nil
}

func asFiles(v any) ([]File, error) {
	list, err := asList("write_files", v)
	if err != nil {
		return nil, err
	}
	var files []File
	size := 0
	for i, item := range list {
		f, err := asFile(item)
		if err != nil {
			return nil, fmt.Errorf("write_files.%d: %w", i, err)
		}
		if size += len(f.Content) + len(f.Path); size > mostContent {
			return nil, tooMuch("%d bytes in files", mostContent)
		}
		files = append(files, f)
	}
	return files, nil
}

func asFile(v any) (File, error) {
	entry, err := asMap(v)
	if err != nil {
		return File{}, err
	}
	f := File{Mode: 0o644, Owner: "root:root"}
	encoding, content := "text/plain", ""
	for _, item := range entry {
		switch key := fmt.Sprint(item.Key); key {
		case "path":
			f.Path, err = asString(key, item.Value)
		case "content":
			content, err = asString(key, item.Value)
		case "encoding":
			encoding, err = asString(key, item.Value)
		case "owner":
			f.Owner, err = asString(key, item.Value)
		case "permissions":
			f.Mode, err = asMode(item.Value)
		case "append":
			f.Append, err = asBool(key, item.Value)
		case "defer":
			f.Defer, err = asBool(key, item.Value)
		case "source":
			err = fmt.Errorf("source: %w", ErrNotSimulated)
		default:
			err = fmt.Errorf("Additional properties are not allowed ('%s' was unexpected)", key) //nolint:staticcheck // cloud-init's own words
		}
		if err != nil {
			return File{}, err
		}
	}
	if f.Path == "" {
		return File{}, fmt.Errorf("'path' is a required property")
	}
	if !path.IsAbs(f.Path) {
		return File{}, fmt.Errorf("path %q is not absolute", f.Path)
	}
	f.Path = path.Clean(f.Path)
	f.Content, err = decode(content, encoding)
	return f, err
}

func asMap(v any) (yaml.MapSlice, error) {
	switch v := v.(type) {
	case yaml.MapSlice:
		return v, nil
	case map[string]any:
		var m yaml.MapSlice
		for key, value := range v {
			m = append(m, yaml.MapItem{Key: key, Value: value})
		}
		return m, nil
	}
	return nil, fmt.Errorf("%v is not of type 'object'", v)
}

func asString(key string, v any) (string, error) {
	s, ok := v.(string)
	if !ok {
		return "", fmt.Errorf("%s: %v is not of type 'string'", key, v)
	}
	return s, nil
}

// asMode reads permissions: an octal string, or what YAML made of a bare number.
func asMode(v any) (fs.FileMode, error) {
	switch v := v.(type) {
	case string:
		n, err := strconv.ParseUint(strings.TrimPrefix(v, "0o"), 8, 12)
		if err != nil {
			return 0, fmt.Errorf("permissions: %q is not an octal string", v)
		}
		return fs.FileMode(n), nil
	case uint64:
		return fs.FileMode(v & 0o7777), nil
	}
	return 0, fmt.Errorf("permissions: %v is not of type 'string'", v)
}

func decode(content, encoding string) ([]byte, error) {
	switch strings.ToLower(encoding) {
	case "text/plain":
		return []byte(content), nil
	case "b64", "base64":
		return unbase64(content)
	case "gz+b64", "gzip+b64", "gz+base64", "gzip+base64":
		b, err := unbase64(content)
		if err != nil {
			return nil, err
		}
		return gunzip(b)
	case "gz", "gzip":
		return gunzip([]byte(content))
	}
	return nil, fmt.Errorf("encoding: '%s' is not one of ['gz', 'gzip', 'gz+base64', 'gzip+base64', 'gz+b64', 'gzip+b64', 'b64', 'base64', 'text/plain']", encoding)
}

func unbase64(s string) ([]byte, error) {
	b, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(s), ""))
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	return b, nil
}
