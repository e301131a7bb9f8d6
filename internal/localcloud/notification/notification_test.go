package notification_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/notification"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// The signature is checked as a program does it that goes by AWS's documentation.
func TestDocument_IsSignedAsProgramsCheckIt(t *testing.T) {
	signer := notification.NewSigner(func() time.Time { return now })
	for name, test := range map[string]struct {
		message notification.Message
		fields  []string
		hash    crypto.Hash
	}{
		"notification": {notification.Message{Type: notification.Notification, Version: "1", Subject: "s"}, []string{"Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"}, crypto.SHA1},
		"no subject":   {notification.Message{Type: notification.Notification, Version: "2"}, []string{"Message", "MessageId", "Timestamp", "TopicArn", "Type"}, crypto.SHA256},
		"confirmation": {notification.Message{Type: notification.Confirmation, Version: "1", Token: "ab12"}, []string{"Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"}, crypto.SHA1},
	} {
		t.Run(name, func(t *testing.T) {
			m := test.message
			m.ID, m.TopicARN, m.SubscriptionARN, m.Text, m.Sent, m.Endpoint = "id", "arn:aws:sns:eu-west-1:1:t", "arn:aws:sns:eu-west-1:1:t:s", "text & more", now, "http://127.0.0.1:1"
			text, err := m.Document(signer)
			if err != nil {
				t.Fatal(err)
			}
			var document map[string]string
			if err := json.Unmarshal(text, &document); err != nil {
				t.Fatal(err)
			}
			var signed strings.Builder
			for _, field := range test.fields {
				signed.WriteString(field + "\n" + document[field] + "\n")
			}
			certificate, ok := signer.Certificate(strings.TrimPrefix(document["SigningCertURL"], m.Endpoint))
			if !ok {
				t.Fatalf("there is no certificate at %s", document["SigningCertURL"])
			}
			block, _ := pem.Decode(certificate)
			parsed, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			signature, err := base64.StdEncoding.DecodeString(document["Signature"])
			if err != nil {
				t.Fatal(err)
			}
			sum := func(text string) []byte {
				if test.hash == crypto.SHA1 {
					s := sha1.Sum([]byte(text))
					return s[:]
				}
				s := sha256.Sum256([]byte(text))
				return s[:]
			}
			key := parsed.PublicKey.(*rsa.PublicKey) //nolint:forcetypeassert // the only kind
			if err := rsa.VerifyPKCS1v15(key, test.hash, sum(signed.String()), signature); err != nil {
				t.Errorf("the signature is not of %q: %v", signed.String(), err)
			}
			if rsa.VerifyPKCS1v15(key, test.hash, sum(signed.String()+"x"), signature) == nil {
				t.Error("the signature is of anything")
			}
		})
	}
}

func TestPost_ReachesThisMachineAlone(t *testing.T) {
	got := make(chan *http.Request, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "text" {
			t.Errorf("the body is %q", body)
		}
		got <- r
		w.Header().Set("Location", "http://127.0.0.1:1/")
		w.WriteHeader(http.StatusSeeOther)
	}))
	defer server.Close()
	c := notification.NewClient()
	defer c.Close()
	at := strings.Replace(server.URL, "127.0.0.1", "user:word@hooks.localhost", 1)
	status, err := c.Post(t.Context(), at, notification.Message{Type: notification.Notification, ID: "id"}.Header(), []byte("text"))
	if err != nil || status != http.StatusSeeOther {
		t.Fatalf("status %d, %v: a redirect is not followed", status, err)
	}
	if r := <-got; r.Header.Get("X-Amz-Sns-Message-Id") != "id" {
		t.Errorf("the header is %v", r.Header)
	} else if user, word, _ := r.BasicAuth(); user != "user" || word != "word" {
		t.Errorf("the credentials are %s:%s", user, word)
	}
	for _, elsewhere := range []string{"http://192.0.2.1/", "http://[2001:db8::1]:80/", "http://example.com/", "http://169.254.169.254/latest/", "http://0.0.0.0:80/", "http://localhost.example.com/"} {
		if _, err := c.Post(t.Context(), elsewhere, http.Header{}, nil); err == nil || !strings.Contains(err.Error(), "isn't an address of this machine's loopback") {
			t.Errorf("%s: %v", elsewhere, err)
		}
	}
}
