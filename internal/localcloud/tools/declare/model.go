package main

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// model is a service's model in botocore's form.
type model struct {
	Metadata struct {
		Protocol  string
		Protocols []string
	}
	Operations map[string]operation
	Shapes     map[string]shape
}

type operation struct {
	HTTP struct {
		Method       string
		RequestURI   string `json:"requestUri"`
		ResponseCode int
	}
	Input, Output *member
}

type shape struct {
	Type       string // structure, list, map, string, integer, …
	Members    map[string]member
	Required   []string
	Payload    string // of a structure: the member that is the body
	Member     member // of a list
	Flattened  bool
	Key, Value member // of a map
	Enum       []string
	Min, Max   *float64
	Pattern    string
	Name       string `json:"locationName"`
}

type member struct {
	Shape        string
	LocationName string
	QueryName    string
	Location     string // uri, querystring, header, headers; "" in the document
	Flattened    bool
}

// load reads the newest model of a service.
func load(directory, service string) (m model, err error) {
	found, err := filepath.Glob(filepath.Join(directory, service, "*", "service-2.json*"))
	if err != nil || len(found) == 0 {
		return m, fmt.Errorf("%s has no model of the service %q: %w", directory, service, os.ErrNotExist)
	}
	name := slices.Max(found) // versions are dates
	file, err := os.Open(name)
	if err != nil {
		return m, err
	}
	defer file.Close()
	var text io.Reader = file
	if filepath.Ext(name) == ".gz" {
		if text, err = gzip.NewReader(file); err != nil {
			return m, fmt.Errorf("read %s: %w", name, err)
		}
	}
	if err := json.NewDecoder(text).Decode(&m); err != nil {
		return m, fmt.Errorf("read %s: %w", name, err)
	}
	return m, nil
}

// speaks reports whether the service has one of the protocols.
func (m model) speaks(protocols ...string) bool {
	return slices.ContainsFunc(append(m.Metadata.Protocols, m.Metadata.Protocol), func(p string) bool { return slices.Contains(protocols, p) })
}
