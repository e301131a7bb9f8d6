package monitoring

import (
	"context"
	"encoding/json"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Note is a time that the dashboard's graphs have as a band: that of a drill.
type Note struct {
	Begin, End time.Time
	Label      string
}

// mostNotes is how many a dashboard keeps: the latest.
const mostNotes = 20

// AddNote draws a note into a platform's dashboard. Where there is none of its own it does nothing. What up compares leaves
// notes out.
func AddNote(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, note Note) error {
	found, err := listDashboards(ctx, c, owner)
	if err != nil || len(found) == 0 {
		return err
	}
	drawn, notes := split(aws.ToString(found[0].DashboardBody))
	if notes = append(notes, note); len(notes) > mostNotes {
		notes = notes[len(notes)-mostNotes:]
	}
	return putDashboard(ctx, c, aws.ToString(found[0].DashboardName), withNotes(drawn, notes), nil)
}

// mark is a vertical annotation; two in a list are a band.
// Source: CloudWatch API Reference, "Dashboard Body Structure and Syntax".
type mark struct {
	Fill  string `json:"fill,omitempty"`
	Label string `json:"label,omitempty"`
	Value string `json:"value"`
}

const (
	annotations = "annotations"
	vertical    = "vertical"
)

// graphs are the properties of a body's graphs, with the body, which changes with them; nil where it is no JSON object.
func graphs(text string) (document map[string]any, properties []map[string]any) {
	if json.Unmarshal([]byte(text), &document) != nil {
		return nil, nil
	}
	widgets, _ := document["widgets"].([]any)
	for _, w := range widgets {
		widget, _ := w.(map[string]any)
		if p, ok := widget["properties"].(map[string]any); ok && widget["type"] == "metric" {
			properties = append(properties, p)
		}
	}
	return document, properties
}

// written is a document as text, the same for the same content.
func written(document map[string]any) string {
	text, _ := json.Marshal(document) // as it was read
	return string(text)
}

// split parts a body into what is drawn and what was noted. Annotations of others are drawn ones.
func split(text string) (drawn string, notes []Note) {
	document, properties := graphs(text)
	if document == nil {
		return text, nil
	}
	for _, p := range properties {
		if read, ours := notesIn(p[annotations]); ours {
			notes = read
			delete(p, annotations)
		}
	}
	return written(document), notes
}

// withNotes draws notes into all graphs of a body.
func withNotes(text string, notes []Note) string {
	document, properties := graphs(text)
	if document == nil || len(notes) == 0 {
		return text
	}
	var bands [][]mark
	for _, n := range notes {
		bands = append(bands, []mark{{Value: n.Begin.UTC().Format(time.RFC3339), Label: n.Label, Fill: "between"}, {Value: n.End.UTC().Format(time.RFC3339)}})
	}
	for _, p := range properties {
		p[annotations] = map[string]any{vertical: bands}
	}
	return written(document)
}

// notesIn reads the notes of a graph; false where its annotations aren't notes alone.
func notesIn(value any) (notes []Note, ours bool) {
	of, is := value.(map[string]any)
	if !is || len(of) != 1 || of[vertical] == nil {
		return nil, false
	}
	text, err := json.Marshal(of[vertical])
	var bands [][]mark
	if err != nil || json.Unmarshal(text, &bands) != nil {
		return nil, false
	}
	for _, band := range bands {
		if len(band) != 2 {
			return nil, false
		}
		begin, wrong := time.Parse(time.RFC3339, band[0].Value)
		end, wrongToo := time.Parse(time.RFC3339, band[1].Value)
		if wrong != nil || wrongToo != nil {
			return nil, false
		}
		notes = append(notes, Note{begin, end, band[0].Label})
	}
	return notes, true
}
