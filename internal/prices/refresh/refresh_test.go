package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/testenv"
)

// offer is a product that the fake Pricing API has.
type offer struct {
	service    string
	attributes map[string]string
	unit       string
	usd        string
}

// with is the offer with other attributes; the usage type gets the region's mark.
func (o offer) with(attributes ...string) offer {
	o.attributes = maps.Clone(o.attributes)
	for i := 0; i < len(attributes); i += 2 {
		o.attributes[attributes[i]] = attributes[i+1]
	}
	return o
}

func (o offer) at(usd string) offer {
	o.usd = usd
	return o
}

// document is the product as GetProducts returns it, in the format aws_v1: with the terms of a reservation, which are none
// of ours.
func (o offer) document(sku string) string {
	attributes := maps.Clone(o.attributes)
	family := attributes["productFamily"]
	delete(attributes, "productFamily")
	dimension := func(description, unit, usd string) map[string]any {
		return map[string]any{
			"unit": unit, "beginRange": "0", "endRange": "Inf", "description": description, "appliesTo": []string{},
			"pricePerUnit": map[string]string{"USD": usd},
		}
	}
	text, err := json.Marshal(map[string]any{
		"product":     map[string]any{"sku": sku, "productFamily": family, "attributes": attributes},
		"serviceCode": o.service,
		"terms": map[string]any{
			"OnDemand": map[string]any{sku + ".JRTCKXETXF": map[string]any{
				"sku": sku, "effectiveDate": "2026-08-01T00:00:00Z", "offerTermCode": "JRTCKXETXF", "termAttributes": map[string]any{},
				"priceDimensions": map[string]any{sku + ".JRTCKXETXF.6YS6EN2CT7": dimension("on demand", o.unit, o.usd)},
			}},
			"Reserved": map[string]any{sku + ".38NPMPTW36": map[string]any{
				"priceDimensions": map[string]any{sku + ".38NPMPTW36.6YS6EN2CT7": dimension("reserved", o.unit, "0.0001000000")},
			}},
		},
		"version": "20260810215758", "publicationDate": "2026-08-10T21:57:58Z",
	})
	if err != nil {
		panic(err)
	}
	return string(text)
}

// region has all that is listed, beside products that are easily taken for it.
func region(code, mark string) []offer {
	in := map[string]string{"regionCode": code, "locationType": "AWS Region"}
	nat := offer{"AmazonEC2", in, "Hrs", "0.0500000000"}.with("productFamily", "NAT Gateway", "usagetype", mark+"NatGateway-Hours", "operation", "NatGateway")
	alb := offer{"AWSELB", in, "Hrs", "0.0264600000"}.with("productFamily", "Load Balancer-Application", "usagetype", mark+"LoadBalancerUsage", "operation", "LoadBalancing:Application")
	address := offer{"AmazonVPC", in, "Hrs", "0.0050000000"}.with("usagetype", mark+"PublicIPv4:InUseAddress", "operation", "")
	volume := offer{"AmazonEC2", in, "GB-Mo", "0.0928000000"}.with("productFamily", "Storage", "usagetype", mark+"EBS:VolumeUsage.gp3", "volumeApiName", "gp3")
	micro := offer{"AmazonEC2", in, "Hrs", "0.0118000000"}.with("productFamily", "Compute Instance", "usagetype", mark+"BoxUsage:t3.micro",
		"instanceType", "t3.micro", "operatingSystem", "Linux", "tenancy", "Shared", "preInstalledSw", "NA", "capacitystatus", "Used",
		"marketoption", "OnDemand", "operation", "RunInstances")
	traffic := nat.at("0.0510000000").with("usagetype", mark+"NatGateway-Bytes")
	traffic.unit = "GB"
	lcu := alb.at("0.0084000000").with("usagetype", mark+"LCUUsage")
	lcu.unit = "LCU-Hrs"
	hours := lcu.at("0.0200000000")
	hours.unit = "Hrs"
	metric := offer{"AmazonCloudWatch", in, "Metrics", "0.3000000000"}.with("productFamily", "Metric", "usagetype", mark+"CW:MetricMonitorUsage")
	alarm := offer{"AmazonCloudWatch", in, "Alarms", "0.1000000000"}.with("productFamily", "Alarm", "usagetype", mark+"CW:AlarmMonitorUsage")
	return []offer{
		nat, traffic, alb, lcu, address, volume, micro, metric, alarm,
		offer{"awskms", in, "Keys", "1.0000000000"}.with("usagetype", code+"-KMS-Keys"),
		alarm.at("0.3000000000").with("usagetype", mark+"CW:HighResAlarmMonitorUsage"),
		alarm.at("0.5000000000").with("usagetype", mark+"CW:CompositeAlarmMonitorUsage"),
		metric.at("0.0700000000").with("usagetype", mark+"CW:ObservationUsage"),
		micro.at("0.3776000000").with("instanceType", "m7i-flex.2xlarge", "usagetype", mark+"BoxUsage:m7i-flex.2xlarge"),
		nat.at("0.0700000000").with("usagetype", mark+"RegionalNatGateway-Hours", "operation", "RegionalNatGateway"),
		alb.at("0.0059000000").with("usagetype", mark+"TS-LoadBalancerUsage"),
		alb.at("0.0300000000").with("usagetype", mark+"Outposts-LoadBalancerUsage", "locationType", "AWS Outposts"),
		alb.at("0.0294000000").with("operation", "LoadBalancing", "productFamily", "Load Balancer"),
		lcu.at("0.0100000000").with("usagetype", mark+"ReservedLCUUsage"),
		lcu.at("0.0000000000"),
		hours,
		address.at("0.0060000000").with("usagetype", mark+"PublicIPv4:ContiguousBlock"),
		micro.at("0.0210000000").with("operatingSystem", "Windows", "operation", "RunInstances:0002"),
		micro.at("0.0200000000").with("preInstalledSw", "SQL Std", "operation", "RunInstances:0004"),
		micro.at("0.0200000000").with("tenancy", "Dedicated", "usagetype", mark+"DedicatedUsage:t3.micro"),
		micro.at("0.0000000000").with("capacitystatus", "AllocatedCapacityReservation", "usagetype", mark+"UnusedBox:t3.micro"),
		micro.at("9.9000000000").with("instanceType", "p5.48xlarge", "usagetype", mark+"BoxUsage:p5.48xlarge"),
		volume.at("0.1110000000").with("usagetype", mark+"EBS:VolumeUsage.gp3", "locationType", "AWS Local Zone"),
	}
}

// fake is a Pricing API that has offers. It matches filters, and gives three products a page.
func fake(t *testing.T, offers ...offer) {
	t.Helper()
	const page = 3
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			ServiceCode, AttributeName, FormatVersion, NextToken string
			Filters                                              []struct{ Type, Field, Value string }
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		var all []any
		switch operation := strings.TrimPrefix(r.Header.Get("X-Amz-Target"), "AWSPriceListService."); operation {
		case "GetAttributeValues":
			codes := map[string]bool{"us-east-1-bos-1": true, "us-east-1-wl1-atl1": true}
			for _, o := range offers {
				codes[o.attributes["regionCode"]] = true
			}
			for _, code := range slices.Sorted(maps.Keys(codes)) {
				all = append(all, map[string]string{"Value": code})
			}
		case "GetProducts":
			for i, o := range offers {
				is := o.service == request.ServiceCode
				for _, f := range request.Filters {
					is = is && f.Type == "TERM_MATCH" && o.attributes[f.Field] == f.Value
				}
				if is {
					all = append(all, o.document(fmt.Sprintf("SKU%d", i)))
				}
			}
		default:
			t.Errorf("the call %s", operation)
		}
		from, _ := strconv.Atoi(request.NextToken)
		to := min(from+page, len(all))
		answer := map[string]any{"FormatVersion": "aws_v1", "PriceList": all[from:to], "AttributeValues": all[from:to]}
		delete(answer, map[bool]string{true: "PriceList", false: "AttributeValues"}[request.AttributeName != ""])
		if to < len(all) {
			answer["NextToken"] = strconv.Itoa(to)
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		if err := json.NewEncoder(w).Encode(answer); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": server.URL, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "AWS_CONFIG_FILE": os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
	} {
		t.Setenv(name, value)
	}
}

// untouched is what the regions' files have before.
const untouched = "as before"

// refresh runs the program over files of two regions, and returns what files are there then.
func refresh(t *testing.T, arguments ...string) (files map[string]string, progress string, err error) {
	t.Helper()
	directory := t.TempDir()
	for _, region := range []string{"us-east-1", "eu-west-2"} {
		if err := os.WriteFile(filepath.Join(directory, region+".json"), []byte(untouched), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var told strings.Builder
	day := time.Date(2026, 11, 30, 23, 59, 0, 0, time.UTC)
	err = run(t.Context(), append(arguments, "-directory", directory), &told, func() time.Time { return day })
	entries, readErr := os.ReadDir(directory)
	if readErr != nil {
		t.Fatal(readErr)
	}
	files = map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(directory, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimSuffix(entry.Name(), ".json")] = string(text)
	}
	return files, told.String(), err
}

func TestRun_WritesPricesOfAllRegions(t *testing.T) {
	fake(t, slices.Concat(region("us-east-1", ""), region("eu-west-1", "EU-"), region("eu-west-2", "EUW2-"))...)
	files, told, err := refresh(t)
	if err != nil {
		t.Fatal(err)
	}
	want := `{
  "sources": [
    {
      "date": "2026-11-30",
      "from": "AWS's Pricing API, GetProducts"
    }
  ],
  "prices": {
    "cloudwatch-alarm-month": "0.1",
    "cloudwatch-metric-month": "0.3",
    "gp3-gb-month": "0.0928",
    "instance-hour/m7i-flex.2xlarge": "0.3776",
    "instance-hour/t3.micro": "0.0118",
    "kms-key-month": "1",
    "lcu-hour": "0.0084",
    "load-balancer-hour": "0.02646",
    "nat-gateway-gb": "0.051",
    "nat-gateway-hour": "0.05",
    "public-ipv4-hour": "0.005"
  }
}
`
	if diff := testenv.Diff(map[string]string{"us-east-1": want, "eu-west-1": want, "eu-west-2": want}, files); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if told != "eu-west-1: 11 prices\neu-west-2: 11 prices\nus-east-1: 11 prices\n" {
		t.Errorf("it told %q", told)
	}
}

func TestRun_LeavesRegionsThatLackPrices(t *testing.T) {
	whole, half := region("us-east-1", ""), region("eu-west-2", "EUW2-")
	fake(t, append(whole, half[2:]...)...)
	files, told, err := refresh(t, "-regions", "us-east-1,eu-west-2")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 2 || files["eu-west-2"] != untouched || files["us-east-1"] == untouched {
		t.Errorf("the files are %v", files)
	}
	if want := "eu-west-2: left as it is, since AWS publishes no price of NAT gateway\n"; !strings.Contains(told, want) {
		t.Errorf("it told %q", told)
	}
}

func TestRun_LeavesFilesWhereItFails(t *testing.T) {
	good := region("eu-west-2", "EUW2-")
	for name, test := range map[string]struct {
		offers []offer
		want   string
	}{
		"nothing is sold":          {nil, "all prices of none of the regions"},
		"two prices of one":        {slices.Concat(good, region("us-east-1", ""), []offer{region("us-east-1", "USE1-")[0].at("0.0900000000")}), "a second price of nat-gateway-hour"},
		"a price too fine":         {append(good, region("us-east-1", "")[0].at("0.00000000001")), "finer than a billionth"},
		"a price that's no number": {append(good, region("us-east-1", "")[0].at("ask us")), "not a decimal number"},
	} {
		t.Run(name, func(t *testing.T) {
			fake(t, test.offers...)
			files, _, err := refresh(t, "-regions", "eu-west-2,us-east-1")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
			if diff := testenv.Diff(map[string]string{"us-east-1": untouched, "eu-west-2": untouched}, files); diff != "" {
				t.Error(diff)
			}
		})
	}
}
