package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) listenerOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateListener", createListener),
		view(h, "DescribeListeners", describeListeners),
		change(h, "ModifyListener", modifyListener),
		does(h, "DeleteListener", func(tx *world.Tx, in *listenerArnInput) error { return model.DeleteListener(tx, in.Arn) }),
	}
}

type listenerItem struct {
	Arn                  string                        `xml:"ListenerArn"`
	LoadBalancerArn      string                        `xml:"LoadBalancerArn"`
	Port                 int                           `xml:"Port"`
	Protocol             string                        `xml:"Protocol"`
	SSLPolicy            string                        `xml:"SslPolicy,omitempty"`
	Certificates         wire.Members[certificateItem] `xml:"Certificates,omitempty"`
	MutualAuthentication *mutualAuthentication         `xml:"MutualAuthentication"`
	DefaultActions       wire.Members[action]          `xml:"DefaultActions"`
}

func renderListener(tx *world.Tx, l *model.Listener) listenerItem {
	item := listenerItem{Arn: l.ID, LoadBalancerArn: l.LoadBalancerARN, Port: l.Port, Protocol: l.Protocol, SSLPolicy: l.SSLPolicy,
		DefaultActions: renderActions(model.DefaultRule(tx, l.ID).Actions)}
	if len(l.Certificates) > 0 {
		item.Certificates = wire.Members[certificateItem]{{Arn: l.Certificates[0]}}
		item.MutualAuthentication = &mutualAuthentication{Mode: "off"}
	}
	return item
}

type listenersOutput struct {
	Listeners  wire.Members[listenerItem] `xml:"Listeners"`
	NextMarker string                     `xml:"NextMarker,omitempty"`
}

// listenerInput is what a call says about a listener.
type listenerInput struct {
	Port                 *int               `query:"Port" min:"1" max:"65535"`
	Protocol             *string            `query:"Protocol" enum:"HTTP|HTTPS|TCP|TLS|UDP|TCP_UDP|GENEVE|QUIC|TCP_QUIC"`
	SSLPolicy            *string            `query:"SslPolicy"`
	Certificates         []certificateInput `query:"Certificates"`
	MutualAuthentication struct {
		Mode string `query:"Mode"`
	} `query:"MutualAuthentication"`
}

func (in listenerInput) change(actions []action) (model.ListenerChange, error) {
	read, err := readActions(actions)
	if err != nil {
		return model.ListenerChange{}, err
	}
	switch in.MutualAuthentication.Mode {
	case "", "off":
	case "passthrough", "verify":
		return model.ListenerChange{}, refuse.NotSimulated("mutual authentication by mode %s is not simulated", in.MutualAuthentication.Mode)
	default:
		return model.ListenerChange{}, invalid("Mutual authentication mode '%s' must be one of 'off, passthrough, verify'", in.MutualAuthentication.Mode)
	}
	c := model.ListenerChange{Port: in.Port, Protocol: in.Protocol, SSLPolicy: in.SSLPolicy, Actions: read}
	c.Certificates, err = readCertificates(in.Certificates)
	return c, err
}

type createListenerInput struct {
	LoadBalancerArn string `query:"LoadBalancerArn,required"`
	listenerInput
	DefaultActions []action `query:"DefaultActions,required"`
	Tags           []tag    `query:"Tags" min:"1"`
}

func createListener(tx *world.Tx, c *wire.Call, in *createListenerInput) (*listenersOutput, error) {
	settings, err := in.change(in.DefaultActions)
	if err != nil {
		return nil, err
	}
	l, err := model.CreateListener(tx, in.LoadBalancerArn, settings, readTags(in.Tags))
	if err != nil {
		return nil, err
	}
	c.Resource = l.ID
	return &listenersOutput{Listeners: wire.Members[listenerItem]{renderListener(tx, l)}}, nil
}

type describeListenersInput struct {
	LoadBalancerArn string   `query:"LoadBalancerArn"`
	Arns            []string `query:"ListenerArns"`
	paging
}

func describeListeners(tx *world.Tx, _ *wire.Call, in *describeListenersInput) (*listenersOutput, error) {
	switch {
	case in.LoadBalancerArn == "" && len(in.Arns) == 0:
		return nil, invalid("You must specify either listener ARNs or a load balancer ARN")
	case in.LoadBalancerArn != "" && len(in.Arns) > 0:
		return nil, invalid("Listener ARNs and a load balancer ARN cannot be specified at the same time")
	}
	found, err := described(tx, in.Arns, model.FindListener)
	if err != nil {
		return nil, err
	}
	if in.LoadBalancerArn != "" {
		if _, err := model.FindLoadBalancer(tx, in.LoadBalancerArn); err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(l *model.Listener) bool { return l.LoadBalancerARN != in.LoadBalancerArn })
	}
	items, next, err := page(found, in.paging, func(l *model.Listener) listenerItem { return renderListener(tx, l) })
	return &listenersOutput{items, next}, err
}

type modifyListenerInput struct {
	Arn string `query:"ListenerArn,required"`
	listenerInput
	DefaultActions []action `query:"DefaultActions"`
}

func modifyListener(tx *world.Tx, _ *wire.Call, in *modifyListenerInput) (*listenersOutput, error) {
	settings, err := in.change(in.DefaultActions)
	if err != nil {
		return nil, err
	}
	l, err := model.ModifyListener(tx, in.Arn, settings)
	if err != nil {
		return nil, err
	}
	return &listenersOutput{Listeners: wire.Members[listenerItem]{renderListener(tx, l)}}, nil
}

type listenerArnInput struct {
	Arn string `query:"ListenerArn,required"`
}
