package canonical

import "strings"

// IsCountry reports whether the code is an officially assigned ISO 3166-1 alpha-2
// code, or XK, which stores and carriers use for Kosovo.
func IsCountry(code string) bool {
	return len(code) == 2 && strings.Contains(countries, " "+code+" ")
}

// Country returns the ISO code for a source's country code, and whether it was changed: lower
// case is raised, and a code that ISO 3166 only reserves becomes the country it is part of.
// Unknown text comes back as it is.
func Country(code string) (normal string, changed bool) {
	normal = strings.ToUpper(strings.TrimSpace(code))
	if country, reserved := reserved[normal]; reserved {
		normal = country
	}
	return normal, normal != code
}

// reserved holds the codes that ISO 3166-1 exceptionally reserves for a part of a country, or
// for a country that has another code. Stores sell to AC and TA (Shopify's enum CountryCode).
var reserved = map[string]string{
	"UK": "GB", "EL": "GR", "AC": "SH", "TA": "SH", "DG": "IO", "CP": "FR", "EA": "ES", "IC": "ES", "FX": "FR",
}

// countries holds the codes of ISO 3166-1 (2026), each between spaces.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW " +
	"BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO " +
	"FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO " +
	"JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS " +
	"MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU " +
	"RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA " +
	"UG UM US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW "
