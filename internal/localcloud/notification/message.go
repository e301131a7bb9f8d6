package notification

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The types of messages.
const (
	Notification = "Notification"
	Confirmation = "SubscriptionConfirmation"
)

// Message is a message to one subscription.
type Message struct {
	Type            string // Notification or Confirmation
	ID              string
	TopicARN        string
	SubscriptionARN string
	Subject         string // "": none
	Text            string
	Token           string // of a Confirmation
	Sent            time.Time
	Raw             bool   // the text goes out alone
	Version         string // of the signature: "1" or "2"
	Endpoint        string // the URL of the local cloud, to which the links in the message lead
}

// document is a message as endpoints get it.
// Source: SNS Developer Guide, "HTTP/HTTPS notification JSON format" and "HTTP/HTTPS subscription confirmation JSON format".
type document struct {
	Type             string
	MessageID        string `json:"MessageId"`
	Token            string `json:",omitempty"`
	TopicARN         string `json:"TopicArn"`
	Subject          string `json:",omitempty"`
	Message          string
	SubscribeURL     string `json:",omitempty"`
	Timestamp        string
	SignatureVersion string
	Signature        string
	SigningCertURL   string
	UnsubscribeURL   string `json:",omitempty"`
}

func (m Message) link(action string, parameters ...string) string {
	query := "Action=" + action
	for i := 0; i+1 < len(parameters); i += 2 {
		query += "&" + parameters[i] + "=" + strings.ReplaceAll(url.QueryEscape(parameters[i+1]), "%3A", ":")
	}
	return m.Endpoint + "/?" + query
}

// SubscribeURL confirms the subscription of a Confirmation.
func (m Message) SubscribeURL() string {
	return m.link("ConfirmSubscription", "TopicArn", m.TopicARN, "Token", m.Token)
}

// UnsubscribeURL ends the subscription.
func (m Message) UnsubscribeURL() string {
	return m.link("Unsubscribe", "SubscriptionArn", m.SubscriptionARN)
}

// Document is the message as a JSON document that a signer has signed.
func (m Message) Document(s *Signer) ([]byte, error) {
	d := document{Type: m.Type, MessageID: m.ID, TopicARN: m.TopicARN, Subject: m.Subject, Message: m.Text, Timestamp: m.Sent.UTC().Format("2006-01-02T15:04:05.000Z"), SignatureVersion: m.Version}
	if m.Type == Notification {
		d.UnsubscribeURL = m.UnsubscribeURL()
	} else {
		d.Token, d.SubscribeURL = m.Token, m.SubscribeURL()
	}
	signature, err := s.Sign(m.Version, d.signed())
	if err != nil {
		return nil, fmt.Errorf("sign a message of SNS: %w", err)
	}
	d.Signature = base64.StdEncoding.EncodeToString(signature)
	d.SigningCertURL = m.Endpoint + s.Path()
	return json.MarshalIndent(d, "", "  ")
}

// signed is what the signature is about: names and values, a line each.
// Source: SNS Developer Guide, "Verifying the signatures of Amazon SNS messages".
func (d document) signed() string {
	fields := []string{"Message", d.Message, "MessageId", d.MessageID}
	if d.Type == Notification {
		if d.Subject != "" {
			fields = append(fields, "Subject", d.Subject)
		}
	} else {
		fields = append(fields, "SubscribeURL", d.SubscribeURL)
	}
	fields = append(fields, "Timestamp", d.Timestamp)
	if d.Type != Notification {
		fields = append(fields, "Token", d.Token)
	}
	return strings.Join(append(fields, "TopicArn", d.TopicARN, "Type", d.Type), "\n") + "\n"
}

// Header are the header fields of a message. Source: SNS Developer Guide, "HTTP/HTTPS headers".
func (m Message) Header() http.Header {
	h := http.Header{}
	h.Set("Content-Type", "text/plain; charset=UTF-8")
	h.Set("User-Agent", "Amazon Simple Notification Service Agent")
	h.Set("X-Amz-Sns-Message-Type", m.Type)
	h.Set("X-Amz-Sns-Message-Id", m.ID)
	h.Set("X-Amz-Sns-Topic-Arn", m.TopicARN)
	if m.Type == Notification {
		h.Set("X-Amz-Sns-Subscription-Arn", m.SubscriptionARN)
	}
	if m.Raw && m.Type == Notification {
		h.Set("X-Amz-Sns-Rawdelivery", "true")
	}
	return h
}
