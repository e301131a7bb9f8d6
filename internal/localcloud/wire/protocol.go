package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// protocol is how a service's requests and replies look.
type protocol struct {
	kind      protocolKind
	namespace string // XML namespace of replies
}

type protocolKind int

const (
	ec2Query protocolKind = iota + 1
	query
	awsJSON
)

// protocolOf names the protocol of each simulated service by its signing name.
// Source: the service models.
func protocolOf(service string) (protocol, bool) {
	switch service {
	case "ec2":
		return protocol{ec2Query, "http://ec2.amazonaws.com/doc/2016-11-15/"}, true
	case "elasticloadbalancing":
		return protocol{query, "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"}, true
	case "iam":
		return protocol{query, "https://iam.amazonaws.com/doc/2010-05-08/"}, true
	case "sts":
		return protocol{query, "https://sts.amazonaws.com/doc/2011-06-15/"}, true
	case "ssm", "servicequotas":
		return protocol{kind: awsJSON}, true
	}
	return protocol{}, false
}

// violation is a breach of what the service's model says of a parameter.
type violation struct {
	path    string
	missing bool   // it is required and not there
	value   string // as messages show it
	number  bool   // the value is one
	broken  brokenText
}

// violated is the refusal of a call with violations, one at least. EC2 names the first,
// the others all of them.
func (p protocol) violated(violations []violation) *Error {
	if p.kind == ec2Query {
		return p.violatedEC2(violations[0])
	}
	if says := violations[0].broken.says; says != "" && len(violations) == 1 {
		return refuse.New(p.validationCode(), "%s", says)
	}
	texts := make([]string, len(violations))
	for i, v := range violations {
		value, constraint := "'"+v.value+"'", v.broken.text
		if v.missing {
			value, constraint = "null", "Member must not be null"
		}
		texts[i] = fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, memberPath(v.path), constraint)
	}
	noun := "errors"
	if len(texts) == 1 {
		noun = "error"
	}
	return refuse.New(p.validationCode(), "%d validation %s detected: %s", len(texts), noun, strings.Join(texts, "; "))
}

// violatedEC2 words a violation as EC2 does, which has no model's constraints in its
// messages.
func (p protocol) violatedEC2(v violation) *Error {
	name := lowerFirst(v.path)
	switch {
	case v.missing:
		return refuse.MissingParameter(v.path)
	case v.number && v.broken.least:
		return refuse.InvalidParameterValue("Value ( %s ) for parameter %s is invalid. Expecting a value greater than %d.", v.value, name, v.broken.bound)
	case v.number:
		return refuse.InvalidParameterValue("Value ( %s ) for parameter %s is invalid. Expecting a value less than %d.", v.value, name, v.broken.bound)
	}
	return refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. %s", v.value, name, v.broken.text)
}

func (p protocol) validationCode() string {
	if p.kind == awsJSON {
		return "ValidationException"
	}
	return "ValidationError"
}

// invalid is the refusal of a value that isn't of its parameter's type.
func (p protocol) invalid(path, value, constraint string) *Error {
	if p.kind == ec2Query {
		return refuse.InvalidParameterValue("Value (%s) for parameter %s is invalid. %s", value, lowerFirst(path), constraint)
	}
	return p.violated([]violation{{path: path, value: value, broken: brokenText{text: constraint}}})
}

// elementOf is what stands behind the number of a list's element in paths.
func (p protocol) elementOf() string {
	if p.kind == ec2Query {
		return ""
	}
	return ".member"
}

func memberPath(path string) string {
	parts := strings.Split(path, ".")
	for i := range parts {
		parts[i] = lowerFirst(parts[i])
	}
	return strings.Join(parts, ".")
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}

// success encodes an operation's result.
func (p protocol) success(c *Call, out any, fields encoder, drafts *sync.Pool) (Reply, error) {
	if p.kind == awsJSON {
		body, err := json.Marshal(out)
		if err != nil {
			return Reply{}, fmt.Errorf("encode reply of %s: %w", c.Operation, err)
		}
		return Reply{Status: http.StatusOK, ContentType: "application/x-amz-json-1.1", Body: body}, nil
	}
	return Reply{Status: http.StatusOK, ContentType: "text/xml;charset=UTF-8", Body: encodeXML(p, c, out, fields, drafts)}, nil
}

// refusal encodes an error in the envelope of the protocol.
func (p protocol) refusal(c *Call, e *Error) Reply {
	reply := Reply{Status: e.Status, Code: e.Code, ContentType: "text/xml;charset=UTF-8"}
	switch p.kind {
	case awsJSON:
		reply.ContentType = "application/x-amz-json-1.1"
		// Two strings can't fail to encode.
		reply.Body, _ = json.Marshal(struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}{e.Code, e.Message})
	case query:
		kind := "Sender"
		if e.Status >= http.StatusInternalServerError {
			kind = "Receiver"
		}
		reply.Body = fmt.Appendf(nil, "<ErrorResponse xmlns=%q><Error><Type>%s</Type><Code>%s</Code><Message>%s</Message></Error><RequestId>%s</RequestId></ErrorResponse>",
			p.namespace, kind, escape(e.Code), escape(e.Message), c.RequestID)
	default:
		reply.Body = fmt.Appendf(nil, "%s<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>%s</RequestID></Response>",
			xmlHeader, escape(e.Code), escape(e.Message), c.RequestID)
	}
	return reply
}
