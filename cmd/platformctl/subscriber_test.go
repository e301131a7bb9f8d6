package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
)

// subscriberKey is where a story keeps its subscriber.
type subscriberKey struct{}

// subscribers hold it.
type subscribers struct{ one *subscription }

// subscription is a server that SNS posts messages to, and what it was told: the only witness who isn't the program's own.
type subscription struct {
	server *httptest.Server

	mu   sync.Mutex
	told []string
	more chan struct{} // closed when there is more
}

// heard is a message as SNS posts it.
type heard struct {
	Type, Subject, Message, SubscribeURL string
}

// ServeHTTP notes a message, and confirms what it is asked to.
func (s *subscription) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message heard
	text, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err == nil {
		err = json.Unmarshal(text, &message)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if message.Type == "SubscriptionConfirmation" {
		if err := visitURL(r.Context(), message.SubscribeURL); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told = append(s.told, message.Type+": "+message.Subject+": "+message.Message)
	close(s.more)
	s.more = make(chan struct{})
}

// subscriber is "subscriber start NAME", which sets a variable to the URL of a new one, and "subscriber told PATTERN", which waits
// for a message.
func subscriber(ts *testscript.TestScript, neg bool, args []string) {
	switch {
	case !neg && len(args) == 2 && args[0] == "start":
		s := &subscription{more: make(chan struct{})}
		s.server = httptest.NewServer(s)
		ts.Defer(s.server.Close)
		ts.Setenv(args[1], s.server.URL+"/alarms")
		ts.Value(subscriberKey{}).(*subscribers).one = s
	case !neg && len(args) == 2 && args[0] == "told":
		s, pattern := ts.Value(subscriberKey{}).(*subscribers).one, regexp.MustCompile(args[1])
		patience := time.After(toldWithin)
		for {
			s.mu.Lock()
			told, more := strings.Join(s.told, "\n"), s.more
			s.mu.Unlock()
			if pattern.MatchString(told) {
				return
			}
			select {
			case <-more:
			case <-patience:
				ts.Fatalf("nobody said %q; what was said:\n%s", args[1], told)
			}
		}
	default:
		ts.Fatalf("usage: subscriber start NAME, subscriber told PATTERN")
	}
}

// toldWithin is how long an alarm is waited for: AWS takes minutes to raise one.
const toldWithin = 8 * time.Minute

// visit is "visit URL": who has the address in an e-mail opens it.
func visit(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: visit URL")
	}
	ts.Check(visitURL(context.Background(), args[0]))
}

func visitURL(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		err = errors.Join(err, errors.New(response.Status))
	}
	return errors.Join(err, response.Body.Close())
}

// confirmMail visits the address in the last e-mail of a local cloud.
func confirmMail(ctx context.Context, t *testing.T, home string) error {
	t.Helper()
	mails, err := daemon.Mails(ctx, home)
	if err != nil || len(mails) == 0 {
		return errors.Join(err, errors.New("there is no e-mail"))
	}
	return visitURL(ctx, mails[len(mails)-1].Confirm)
}

// topic makes a topic that is no platform's.
func topic(ctx context.Context, s *story, args []string) error {
	_, err := s.sns.CreateTopic(ctx, &sns.CreateTopicInput{Name: &args[0]})
	return err
}

func untopic(ctx context.Context, s *story, args []string) error {
	_, err := s.sns.DeleteTopic(ctx, &sns.DeleteTopicInput{TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:" + args[0])})
	return err
}
