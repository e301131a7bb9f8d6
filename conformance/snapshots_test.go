//go:build judges

package conformance_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// snapshots are whole replies of AWS as others recorded them, by the name of the test that did, and by what that called
// each reply.
type snapshots map[string]map[string]any

// readSnapshots reads a service's snapshots, or skips the test where there are none.
func readSnapshots(t *testing.T, file string) snapshots {
	t.Helper()
	folder := os.Getenv(recordedVariable)
	if folder == "" {
		t.Skipf("%s names no folder with AWS's replies as others recorded them", recordedVariable)
	}
	text, err := os.ReadFile(filepath.Join(folder, "snapshots", file))
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]struct {
		Content map[string]any `json:"recorded-content"`
	}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	short := snapshots{}
	for name, one := range all {
		short[name[strings.LastIndex(name, ":")+1:]] = one.Content
	}
	return short
}

// agree expects a reply to be as it was recorded, but for what the patterns name. A pattern that nothing needs is a fault.
func (s snapshots) agree(t *testing.T, test, reply string, got any, but map[string]string) {
	t.Helper()
	recorded, there := s[test][reply]
	if !there {
		t.Fatalf("no reply %s of %s was recorded", reply, test)
	}
	needed := map[string]bool{}
	for _, difference := range compare("", recorded, got) {
		excused := false
		for pattern := range but {
			if regexp.MustCompile(pattern).MatchString(difference) {
				excused, needed[pattern] = true, true
			}
		}
		if !excused {
			t.Errorf("%s, %s: %s", test, reply, difference)
		}
	}
	for pattern := range but {
		if !needed[pattern] {
			t.Errorf("%s, %s: the exception %s is never needed", test, reply, pattern)
		}
	}
}

// compare lists where a reply differs from a recorded one. Recorded texts with a placeholder stand for any value that is
// there; the order of lists is lost in what was recorded.
func compare(path string, recorded, got any) (differences []string) {
	switch recorded := recorded.(type) {
	case map[string]any:
		object, ok := got.(map[string]any)
		if !ok {
			return []string{fmt.Sprintf("%s is %v, recorded as an object", path, got)}
		}
		for _, name := range slices.Sorted(maps.Keys(recorded)) {
			at := strings.TrimPrefix(path+"."+name, ".")
			switch value, there := object[name]; {
			case name == "ResponseMetadata":
			case !there:
				differences = append(differences, at+" is missing")
			default:
				differences = append(differences, compare(at, recorded[name], value)...)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(object)) {
			if _, there := recorded[name]; !there {
				differences = append(differences, strings.TrimPrefix(path+"."+name, ".")+" wasn't recorded")
			}
		}
		return differences
	case []any:
		list, ok := got.([]any)
		if !ok || len(list) != len(recorded) {
			return []string{fmt.Sprintf("%s is %v, recorded with %d elements", path, got, len(recorded))}
		}
		inOrder := func(list []any) []any {
			return slices.SortedFunc(slices.Values(list), func(a, b any) int { return strings.Compare(fmt.Sprint(a), fmt.Sprint(b)) })
		}
		was, is := inOrder(recorded), inOrder(list)
		for i := range was {
			differences = append(differences, compare(path+"[]", was[i], is[i])...)
		}
		return differences
	case string:
		if recorded == "datetime" || strings.Contains(recorded, "<") {
			if fmt.Sprint(got) == "" {
				differences = append(differences, path+" is empty")
			}
			return differences
		}
	}
	if fmt.Sprint(recorded) != fmt.Sprint(got) {
		differences = append(differences, fmt.Sprintf("%s is %v, recorded as %v", path, got, recorded))
	}
	return differences
}

// ask calls an operation of one of AWS's JSON protocols, and gives its reply as it came.
func (c *cloud) ask(t *testing.T, service, target string, parameters any) (reply map[string]any) {
	t.Helper()
	body, err := json.Marshal(parameters)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Endpoint, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", target)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=x")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&reply); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v, %v", target, response.StatusCode, reply, err)
	}
	return reply
}

// TestCompare_FindsEachDifference spoils a reply: nothing may go unseen.
func TestCompare_FindsEachDifference(t *testing.T) {
	recorded := map[string]any{"A": "x", "B": []any{map[string]any{"C": "<id>", "D": true}}, "E": "datetime", "ResponseMetadata": map[string]any{}}
	for _, test := range []struct {
		got  map[string]any
		want []string
	}{
		{map[string]any{"A": "x", "B": []any{map[string]any{"C": "i-1", "D": true}}, "E": 1.5}, nil},
		{map[string]any{"A": "y", "B": []any{map[string]any{"C": "", "D": false}}, "E": 1.5}, []string{"A is y, recorded as x", "B[].C is empty", "B[].D is false, recorded as true"}},
		{map[string]any{"B": []any{}, "E": 1.5, "F": 1}, []string{"A is missing", "B is [], recorded with 1 elements", "F wasn't recorded"}},
	} {
		if got := compare("", recorded, any(test.got)); !slices.Equal(got, test.want) {
			t.Errorf("%q, want %q", got, test.want)
		}
	}
}
