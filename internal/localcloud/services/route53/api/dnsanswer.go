package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) answerOperations() []wire.Operation {
	return []wire.Operation{view(h, "TestDNSAnswer", testDNSAnswer).At("GET /2013-04-01/testdnsanswer")}
}

type testDNSAnswerInput struct {
	ID   string `query:"HostedZoneId,required" rest:"query hostedzoneid" max:"32"`
	Name string `query:"RecordName,required" rest:"query recordname" max:"1024"`
	Type string `query:"RecordType,required" rest:"query recordtype" enum:"SOA|A|TXT|NS|CNAME|MX|NAPTR|PTR|SRV|SPF|AAAA|CAA|DS|TLSA|SSHFP|SVCB|HTTPS"`
}

type testDNSAnswerOutput struct {
	Nameserver   string
	RecordName   string
	RecordType   string
	RecordData   recordData
	ResponseCode string
	Protocol     string
}

type recordData struct{ RecordDataEntry []string }

// testDNSAnswer says what the zone's name servers answer, whether or not the DNS leads to them.
func testDNSAnswer(tx *world.Tx, _ *wire.Call, in *testDNSAnswerInput) (*testDNSAnswerOutput, error) {
	z, err := model.FindZone(tx, in.ID)
	if err != nil {
		return nil, err
	}
	answer := model.Serves(tx, z, in.Name, in.Type)
	out := &testDNSAnswerOutput{Nameserver: z.NameServers[0], RecordName: model.Canonical(in.Name), RecordType: in.Type, Protocol: "UDP",
		ResponseCode: map[model.Outcome]string{model.Found: "NOERROR", model.NoName: "NXDOMAIN", model.NotOurs: "REFUSED", model.NoAnswer: "REFUSED"}[answer.Outcome]}
	for _, r := range answer.Records {
		out.RecordData.RecordDataEntry = append(out.RecordData.RecordDataEntry, r.Value)
	}
	return out, nil
}
