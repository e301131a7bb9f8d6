package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// action is an action on its way in or out.
type action struct {
	Type           string         `query:"Type,required" enum:"forward|authenticate-oidc|authenticate-cognito|redirect|fixed-response|jwt-validation" xml:"Type"`
	Order          int            `query:"Order" min:"1" max:"50000" xml:"Order,omitempty"`
	TargetGroupArn string         `query:"TargetGroupArn" xml:"TargetGroupArn,omitempty"`
	Forward        *forward       `query:"ForwardConfig" xml:"ForwardConfig"`
	Redirect       *redirect      `query:"RedirectConfig" xml:"RedirectConfig"`
	FixedResponse  *fixedResponse `query:"FixedResponseConfig" xml:"FixedResponseConfig"`
}

type forward struct {
	TargetGroups wire.Members[weightedTargetGroup] `query:"TargetGroups" xml:"TargetGroups"`
	Stickiness   *groupStickiness                  `query:"TargetGroupStickinessConfig" xml:"TargetGroupStickinessConfig"`
}

type weightedTargetGroup struct {
	Arn    string `query:"TargetGroupArn,required" xml:"TargetGroupArn"`
	Weight *int   `query:"Weight" xml:"Weight"`
}

type groupStickiness struct {
	Enabled         bool `query:"Enabled" xml:"Enabled"`
	DurationSeconds *int `query:"DurationSeconds" xml:"DurationSeconds"`
}

type redirect struct {
	Protocol   string `query:"Protocol" pattern:"^(HTTPS?|#\\{protocol\\})$" xml:"Protocol"`
	Port       string `query:"Port" xml:"Port"`
	Host       string `query:"Host" min:"1" max:"128" xml:"Host"`
	Path       string `query:"Path" min:"1" max:"128" xml:"Path"`
	Query      string `query:"Query" max:"128" xml:"Query"`
	StatusCode string `query:"StatusCode,required" enum:"HTTP_301|HTTP_302" xml:"StatusCode"`
}

type fixedResponse struct {
	MessageBody string `query:"MessageBody" max:"1024" xml:"MessageBody,omitempty"`
	StatusCode  string `query:"StatusCode,required" pattern:"^(2|4|5)\\d\\d$" xml:"StatusCode"`
	ContentType string `query:"ContentType" max:"32" xml:"ContentType,omitempty"`
}

// readActions turns the actions of a call into the model's. Nil stays nil.
func readActions(actions []action) ([]model.Action, error) {
	var list []model.Action
	for _, a := range actions {
		read, err := a.read()
		if err != nil {
			return nil, err
		}
		list = append(list, read)
	}
	return list, nil
}

func (a action) read() (model.Action, error) {
	out := model.Action{Order: a.Order}
	if a.Type != "forward" && (a.TargetGroupArn != "" || a.Forward != nil) ||
		a.Type != "redirect" && a.Redirect != nil || a.Type != "fixed-response" && a.FixedResponse != nil {
		return out, invalid("An action of type '%s' has a configuration of another type", a.Type)
	}
	switch a.Type {
	case "forward":
		f, err := a.readForward()
		out.Forward = f
		return out, err
	case "redirect":
		if a.Redirect == nil {
			return out, invalid("A redirect configuration must be specified")
		}
		r := a.Redirect
		out.Redirect = &model.Redirect{Protocol: r.Protocol, Host: r.Host, Port: r.Port, Path: r.Path, Query: r.Query, StatusCode: r.StatusCode}
		return out, nil
	case "fixed-response":
		if a.FixedResponse == nil {
			return out, invalid("A fixed response configuration must be specified")
		}
		out.Fixed = &model.FixedResponse{StatusCode: a.FixedResponse.StatusCode, ContentType: a.FixedResponse.ContentType, Body: a.FixedResponse.MessageBody}
		return out, nil
	}
	return out, refuse.NotSimulated("action type %s is not simulated", a.Type)
}

func (a action) readForward() (*model.Forward, error) {
	f := &model.Forward{}
	if a.Forward != nil {
		for _, g := range a.Forward.TargetGroups {
			weight := 1
			if g.Weight != nil {
				weight = *g.Weight
			}
			f.TargetGroups = append(f.TargetGroups, model.WeightedTargetGroup{ARN: g.Arn, Weight: weight})
		}
		if s := a.Forward.Stickiness; s != nil {
			if s.Enabled {
				return nil, refuse.NotSimulated("stickiness of target groups is not simulated")
			}
			f.StickinessSeconds = s.DurationSeconds
		}
	}
	switch {
	case a.TargetGroupArn == "":
	case len(f.TargetGroups) == 0:
		f.TargetGroups = []model.WeightedTargetGroup{{ARN: a.TargetGroupArn, Weight: 1}}
	case len(f.TargetGroups) > 1 || f.TargetGroups[0].ARN != a.TargetGroupArn:
		return nil, invalid("You can specify only one target group in a forward action where a target group ARN is specified as well, and it must be the same")
	}
	return f, nil
}

func renderActions(actions []model.Action) wire.Members[action] {
	var list wire.Members[action]
	for _, a := range actions {
		out := action{Order: a.Order}
		switch {
		case a.Forward != nil:
			out.Type, out.Forward = "forward", &forward{Stickiness: &groupStickiness{DurationSeconds: a.Forward.StickinessSeconds}}
			for _, g := range a.Forward.TargetGroups {
				out.Forward.TargetGroups = append(out.Forward.TargetGroups, weightedTargetGroup{g.ARN, &g.Weight})
			}
			if len(a.Forward.TargetGroups) == 1 {
				out.TargetGroupArn = a.Forward.TargetGroups[0].ARN
			}
		case a.Redirect != nil:
			r := a.Redirect
			out.Type, out.Redirect = "redirect", &redirect{Protocol: r.Protocol, Port: r.Port, Host: r.Host, Path: r.Path, Query: r.Query, StatusCode: r.StatusCode}
		default:
			out.Type, out.FixedResponse = "fixed-response", &fixedResponse{MessageBody: a.Fixed.Body, StatusCode: a.Fixed.StatusCode, ContentType: a.Fixed.ContentType}
		}
		list = append(list, out)
	}
	return list
}
