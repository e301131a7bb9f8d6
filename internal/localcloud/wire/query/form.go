package query

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// formOf reads the parameters from the body and the query string, and the operation's
// name from them.
func formOf(c *wire.Call, r *wire.Request) (url.Values, *wire.Error) {
	form, err := url.ParseQuery(string(r.Body))
	if err != nil {
		return nil, refuse.New("MalformedQueryString", "The query string contains a syntax error: %v", err)
	}
	for key, values := range r.URL.Query() {
		form[key] = append(form[key], values...)
	}
	for _, key := range slices.Sorted(maps.Keys(form)) {
		if len(form[key]) > 1 {
			return nil, refuse.NotSimulated("parameter %s is given %d times, which is not simulated", key, len(form[key]))
		}
		if strings.Count(key, ".") > wire.MaxDepth {
			return nil, refuse.New("MalformedQueryString", "The name of a parameter has more than %d parts", wire.MaxDepth)
		}
		// What an object keeps of a call must not keep the whole body.
		form[key][0] = strings.Clone(form[key][0])
	}
	c.Operation = form.Get("Action")
	if c.Operation == "" {
		return nil, refuse.New("MissingAction", "The request must contain the parameter Action")
	}
	form.Del("Action")
	form.Del("Version")
	return form, nil
}

// parametersOf makes the tree of a form's parameters.
func parametersOf(form url.Values) *wire.Parameter {
	root := &wire.Parameter{}
	for key, values := range form {
		p := root
		for part := range strings.SplitSeq(key, ".") {
			p = p.Child(part)
		}
		p.SetText(values[0])
	}
	return root
}
