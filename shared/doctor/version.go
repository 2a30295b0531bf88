package doctor

// version reports the end of the version that the system speaks, from connector.VersionWarning
// before it.
func (i Installation) version(name string) []Finding {
	v := i.Systems[name].Profile.Version
	if i.Clock == nil || i.Fakes[name] || !v.Warns(i.Clock.now()) {
		return nil
	}
	f := Finding{Check: Version, Subject: i.Subject(name), Level: Notice, Text: v.Words(i.Clock.now()), Remedy: v.Remedy}
	if v.Ended(i.Clock.now()) {
		f.Level = Problem
	}
	return []Finding{f}
}

// Version is the check of findings about a vendor's version that ends.
const Version = "version"
