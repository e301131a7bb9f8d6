package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// condition is a rule's condition on its way in or out.
type condition struct {
	Field       string               `query:"Field" max:"64" xml:"Field"`
	Values      wire.Members[string] `query:"Values" xml:"Values"`
	HostHeader  *valuesConfig        `query:"HostHeaderConfig" xml:"HostHeaderConfig"`
	PathPattern *valuesConfig        `query:"PathPatternConfig" xml:"PathPatternConfig"`
	Header      *headerConfig        `query:"HttpHeaderConfig" xml:"HttpHeaderConfig"`
	QueryString *queryStringConfig   `query:"QueryStringConfig" xml:"QueryStringConfig"`
	Method      *valuesConfig        `query:"HttpRequestMethodConfig" xml:"HttpRequestMethodConfig"`
	SourceIP    *valuesConfig        `query:"SourceIpConfig" xml:"SourceIpConfig"`
}

type valuesConfig struct {
	Values wire.Members[string] `query:"Values" xml:"Values"`
}

type headerConfig struct {
	Name   string               `query:"HttpHeaderName" xml:"HttpHeaderName"`
	Values wire.Members[string] `query:"Values" xml:"Values"`
}

type queryStringConfig struct {
	Values wire.Members[queryPair] `query:"Values" xml:"Values"`
}

type queryPair struct {
	Key   string `query:"Key" xml:"Key,omitempty"`
	Value string `query:"Value" xml:"Value"`
}

// readConditions turns the conditions of a call into the model's. Nil stays nil.
func readConditions(conditions []condition) ([]model.Condition, error) {
	var list []model.Condition
	for _, c := range conditions {
		read, err := c.read()
		if err != nil {
			return nil, err
		}
		list = append(list, read)
	}
	return list, nil
}

// configs are the configurations of each field that a condition holds.
func (c condition) configs() map[string]bool {
	return map[string]bool{
		model.HostHeader: c.HostHeader != nil, model.PathPattern: c.PathPattern != nil,
		model.HTTPHeader: c.Header != nil, model.QueryString: c.QueryString != nil,
		model.HTTPRequestMethod: c.Method != nil, model.SourceIP: c.SourceIP != nil,
	}
}

func (c condition) read() (model.Condition, error) {
	out := model.Condition{Field: c.Field}
	configs := c.configs()
	if _, known := configs[c.Field]; !known {
		return out, invalid("Condition field '%s' must be one of '[path-pattern,host-header,http-header,http-request-method,query-string,source-ip]'", c.Field)
	}
	for field, there := range configs {
		if there && field != c.Field {
			return out, invalid("A condition of field '%s' cannot have the configuration of field '%s'", c.Field, field)
		}
	}
	plain := c.Field == model.HostHeader || c.Field == model.PathPattern
	switch {
	case len(c.Values) > 0 && !plain:
		return out, invalid("The 'Values' field is not compatible with '%s'", c.Field)
	case len(c.Values) > 0 && configs[c.Field]:
		return out, invalid("You cannot provide both Values and a configuration for a condition of type '%s'", c.Field)
	case !plain && !configs[c.Field]:
		return out, invalid("A configuration must be specified with '%s'", c.Field)
	}
	switch {
	case c.HostHeader != nil:
		out.Values = c.HostHeader.Values
	case c.PathPattern != nil:
		out.Values = c.PathPattern.Values
	case c.Header != nil:
		out.HeaderName, out.Values = c.Header.Name, c.Header.Values
	case c.Method != nil:
		out.Values = c.Method.Values
	case c.SourceIP != nil:
		out.Values = c.SourceIP.Values
	case c.QueryString != nil:
		for _, p := range c.QueryString.Values {
			out.Pairs = append(out.Pairs, model.QueryKeyValue(p))
		}
	default:
		out.Values = c.Values
	}
	return out, nil
}

func renderConditions(conditions []model.Condition) wire.Members[condition] {
	var list wire.Members[condition]
	for _, c := range conditions {
		out := condition{Field: c.Field}
		values := &valuesConfig{c.Values}
		switch c.Field {
		case model.HostHeader:
			out.Values, out.HostHeader = c.Values, values
		case model.PathPattern:
			out.Values, out.PathPattern = c.Values, values
		case model.HTTPHeader:
			out.Header = &headerConfig{c.HeaderName, c.Values}
		case model.HTTPRequestMethod:
			out.Method = values
		case model.SourceIP:
			out.SourceIP = values
		case model.QueryString:
			out.QueryString = &queryStringConfig{}
			for _, p := range c.Pairs {
				out.QueryString.Values = append(out.QueryString.Values, queryPair(p))
			}
		}
		list = append(list, out)
	}
	return list
}
