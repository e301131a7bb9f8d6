package region

// LongName is the name that AWS's messages have for a region, or the region's own name where it isn't known here.
// Source: AWS Regions and Availability Zones, "List of AWS Regions".
func LongName(name string) string {
	long := map[string]string{
		"ap-northeast-1": "Asia Pacific (Tokyo)", "ap-northeast-2": "Asia Pacific (Seoul)", "ap-northeast-3": "Asia Pacific (Osaka)",
		"ap-south-1": "Asia Pacific (Mumbai)", "ap-southeast-1": "Asia Pacific (Singapore)", "ap-southeast-2": "Asia Pacific (Sydney)",
		"ca-central-1": "Canada (Central)", "eu-central-1": "EU (Frankfurt)", "eu-north-1": "EU (Stockholm)", "eu-west-1": "EU (Ireland)",
		"eu-west-2": "EU (London)", "eu-west-3": "EU (Paris)", "sa-east-1": "South America (Sao Paulo)", "us-east-1": "US East (N. Virginia)",
		"us-east-2": "US East (Ohio)", "us-west-1": "US West (N. California)", "us-west-2": "US West (Oregon)", "cn-north-1": "China (Beijing)",
		"cn-northwest-1": "China (Ningxia)", "us-gov-east-1": "AWS GovCloud (US-East)", "us-gov-west-1": "AWS GovCloud (US-West)",
	}[name]
	if long == "" {
		return name
	}
	return long
}
