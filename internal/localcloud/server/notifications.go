package server

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/notification"
	snsmodel "github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// notifier carries messages of SNS to their endpoints.
type notifier struct {
	server *Server
	client *notification.Client
	signer *notification.Signer

	mu      sync.Mutex
	running map[string]bool // deliveries
	ended   chan struct{}   // has a value when one has ended
	wg      sync.WaitGroup
}

// mostDeliveries is how many are under way at once.
const mostDeliveries = 16

func newNotifier(s *Server) *notifier {
	return &notifier{server: s, client: notification.NewClient(), signer: notification.NewSigner(s.options.Clock.Now), running: map[string]bool{}, ended: make(chan struct{}, 1)}
}

// run carries out deliveries when they are due, until ctx ends.
func (n *notifier) run(ctx context.Context) {
	defer n.client.Close()
	defer n.wg.Wait()
	for ctx.Err() == nil {
		changed := n.server.world.Changed()
		n.wait(ctx, changed, n.begin(ctx))
	}
}

// wait returns when the world has changed, a delivery has ended, or the next one is due, which it never is at the zero time.
func (n *notifier) wait(ctx context.Context, changed <-chan struct{}, next time.Time) {
	var due <-chan time.Time
	if !next.IsZero() {
		timer := n.server.options.Clock.NewTimer(next.Sub(n.server.options.Clock.Now()))
		defer timer.Stop()
		due = timer.C()
	}
	select {
	case <-changed:
	case <-n.ended:
	case <-due:
	case <-ctx.Done():
	}
}

// begin begins the deliveries that are due, and returns when the next one is; the zero time where there is none.
func (n *notifier) begin(ctx context.Context) (next time.Time) {
	err := n.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			due, then := snsmodel.Due(tx.In(region))
			if !then.IsZero() && (next.IsZero() || then.Before(next)) {
				next = then
			}
			for _, d := range due {
				if s, there := world.Get[snsmodel.Subscription](tx.In(region), d.Subscription); there {
					t, _ := world.Get[snsmodel.Topic](tx.In(region), s.Topic)
					n.deliver(ctx, region, d, s, t)
				}
			}
		}
		return nil
	})
	if err != nil {
		n.server.log.Error("deliveries can't be read", "error", err)
	}
	return next
}

// deliver carries out a delivery beside others. One that finds no room waits for the end of another.
func (n *notifier) deliver(ctx context.Context, region string, d *snsmodel.Delivery, s *snsmodel.Subscription, t *snsmodel.Topic) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.running[d.ID] || len(n.running) >= mostDeliveries {
		return
	}
	n.running[d.ID] = true
	n.wg.Go(func() {
		arrived, again := n.attempt(ctx, region, d, s, t)
		if arrived || ctx.Err() == nil { // else the next process tries it
			n.note(region, d, arrived, again)
		}
		n.mu.Lock()
		delete(n.running, d.ID)
		n.mu.Unlock()
		select {
		case n.ended <- struct{}{}:
		default:
		}
	})
}

// note keeps what became of an attempt.
func (n *notifier) note(region string, d *snsmodel.Delivery, arrived, again bool) {
	err := n.server.world.Update(region, func(tx *world.Tx) error {
		switch {
		case arrived, !again:
			snsmodel.Arrived(tx, d.ID)
		case !snsmodel.Failed(tx, d.ID):
			n.server.log.Warn("a message is given up", "subscription", d.Subscription, "message", d.MessageID)
		}
		return nil
	})
	if err != nil {
		n.server.log.Error("what became of a message isn't noted", "message", d.MessageID, "error", err)
	}
}

// attempt delivers once. again says whether another attempt makes sense.
func (n *notifier) attempt(ctx context.Context, region string, d *snsmodel.Delivery, s *snsmodel.Subscription, t *snsmodel.Topic) (arrived, again bool) {
	m := notification.Message{Type: d.Type, ID: d.MessageID, TopicARN: s.Topic, SubscriptionARN: s.ID, Subject: d.Subject, Text: d.Message, Token: s.Token, Sent: d.Created,
		Raw: s.Raw(), Version: "1", Endpoint: n.server.Endpoint()}
	if version := t.Set[snsmodel.SignatureVersion]; version != "" {
		m.Version = version
	}
	document, err := m.Document(n.signer)
	if err != nil {
		n.server.log.Error("a message can't be signed", "error", err)
		return false, true
	}
	if s.Protocol == "email" || s.Protocol == "email-json" {
		return n.mail(region, m, t, s, document), true
	}
	if m.Raw && m.Type == notification.Notification {
		document = []byte(m.Text)
	}
	if n.server.options.Expose {
		n.server.log.Warn("a message isn't delivered: a local cloud that is exposed sends nothing to programs of its machine", "endpoint", s.Endpoint)
		return false, false
	}
	status, err := n.client.Post(ctx, s.Endpoint, m.Header(), document)
	switch {
	case err != nil:
		n.server.log.Warn("a message can't be delivered", "endpoint", s.Endpoint, "error", err)
		return false, true
	case status >= 200 && status < 300:
		return true, false
	}
	n.server.log.Warn("a message is not taken", "endpoint", s.Endpoint, "status", status)
	return false, status < 400 || status >= 500 || status == http.StatusTooManyRequests
}

// mail puts a message into the mailbox.
func (n *notifier) mail(region string, m notification.Message, t *snsmodel.Topic, s *snsmodel.Subscription, document []byte) bool {
	mail := snsmodel.Mail{To: s.Endpoint, Subject: m.Subject, Text: m.Text}
	if mail.Subject == "" {
		mail.Subject = "AWS Notification Message"
	}
	switch {
	case m.Type == notification.Confirmation:
		mail.Subject, mail.Confirm = "AWS Notification - Subscription Confirmation", m.SubscribeURL()
		mail.Text = "You have chosen to subscribe to the topic:\n" + t.ID + "\n\nTo confirm the subscription, visit:\n" + m.SubscribeURL() + "\n"
	case s.Protocol == "email-json":
		mail.Text = string(document)
	default:
		mail.Text += "\n\n--\nTo end the subscription, visit:\n" + m.UnsubscribeURL() + "\n"
	}
	err := n.server.world.Update(region, func(tx *world.Tx) error {
		snsmodel.Send(tx, mail)
		return nil
	})
	if err != nil {
		n.server.log.Error("an e-mail isn't kept", "error", err)
	}
	return err == nil
}

// Mails are the e-mails that SNS has sent, the oldest first.
func (s *Server) Mails() (mails []endpoint.Mail, err error) {
	mails = []endpoint.Mail{}
	err = s.world.View("", func(tx *world.Tx) error {
		for n, m := range snsmodel.Mails(tx) {
			mails = append(mails, endpoint.Mail{Number: n + 1, Sent: m.Sent, To: m.To, Subject: m.Subject, Text: m.Text, Confirm: m.Confirm})
		}
		return nil
	})
	return mails, err
}

// certificates answers with the certificate by which a message's signature is checked, and leaves all else to others.
func (n *notifier) certificates(others http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, notification.Route) {
			if certificate, ok := n.signer.Certificate(r.URL.Path); ok {
				w.Header().Set("Content-Type", "application/x-pem-file")
				_, _ = w.Write(certificate)
				return
			}
		}
		others.ServeHTTP(w, r)
	})
}
