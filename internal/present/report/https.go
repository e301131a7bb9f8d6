package report

import (
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// HTTPS is how a platform is served over TLS.
type HTTPS struct {
	Domain           string                `json:"domain"`
	AlternativeNames terminal.List[string] `json:"alternative_names"`
	Certificate      Certificate           `json:"certificate"`
	// Policy is the listener's security policy; "" where there is no listener.
	Policy string `json:"policy"`
	// Records are those that ACM looks for in DNS and hasn't found, to issue the certificate or to renew it.
	Records terminal.List[Record] `json:"records"`
}

// Certificate is that of the listener, or the one that is to be.
type Certificate struct {
	ARN    string `json:"arn"`    // "" where there is none
	Status string `json:"status"` // as ACM has it, such as ISSUED; "" where it isn't known
	// Expires is when it ends, in RFC 3339, and DaysLeft the whole days until then; "" and nil of one that isn't issued.
	Expires  string `json:"expires"`
	DaysLeft *int   `json:"days_left"`
	// Renewal is how ACM's renewal stands, such as PENDING_VALIDATION; "" where none has begun.
	Renewal string `json:"renewal"`
}

// Record is a DNS record.
type Record struct {
	Name  string `json:"name"`
	Type  string `json:"type"`
	Value string `json:"value"`
}

// show writes the certificate, the policy, and the records that are missing.
func (h *HTTPS) show(s terminal.Streams, st terminal.Styles) {
	if h == nil {
		return
	}
	certificate := "none yet"
	if h.Certificate.ARN != "" {
		words := terminal.NotEmpty(terminal.OneLine(h.Certificate.Status))
		if h.Certificate.DaysLeft != nil {
			words = append(words, terminal.Plural(*h.Certificate.DaysLeft, "day")+" left")
		}
		if h.Certificate.Renewal != "" {
			words = append(words, "renewal "+terminal.OneLine(h.Certificate.Renewal))
		}
		certificate = strings.Join(words, ", ")
	}
	rows := [][]string{{st.Muted.Render("certificate"), certificate}}
	if h.Policy != "" {
		rows = append(rows, []string{st.Muted.Render("TLS policy"), terminal.OneLine(h.Policy)})
	}
	terminal.Lines(s.Out, "")
	s.Table(rows...)
	if len(h.Records) == 0 {
		return
	}
	s.Text("", fmt.Sprintf("ACM looks for %s in DNS:", terminal.Plural(len(h.Records), "record")))
	for _, record := range h.Records {
		terminal.Lines(s.Out, terminal.Gap+terminal.OneLine(record.Name+" "+record.Type+" "+record.Value))
	}
}
