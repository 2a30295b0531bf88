package doctor

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// Private checks that nobody but the owner can read the files and folders that exist among
// the paths: they hold secrets and personal data.
func Private(paths ...string) Check {
	return Func(func(context.Context) (found []Finding) {
		for _, path := range paths {
			info, err := os.Stat(path)
			if err != nil {
				continue
			}
			f := Finding{Check: "data", Subject: path, Level: Fine, Text: "is readable by its owner only"}
			if mode := info.Mode().Perm(); mode&0o077 != 0 {
				f.Level, f.Text = Notice, fmt.Sprintf("is accessible to other users of this machine (mode %04o)", mode)
				f.Remedy = "chmod go= " + path
			}
			found = append(found, f)
		}
		return found
	})
}

// SecretAge checks that no secret is older than most. ages returns when each was last
// changed, by its name; a backend that does not know has no such check.
func SecretAge(ages func(ctx context.Context) (map[string]time.Time, error), now func() time.Time, most time.Duration) Check {
	return Func(func(ctx context.Context) (found []Finding) {
		changed, err := ages(ctx)
		if err != nil {
			return []Finding{broken(Finding{Check: "secrets", Subject: "secrets"}, "their age cannot be read", err)}
		}
		for _, name := range slices.Sorted(maps.Keys(changed)) {
			age := now().Sub(changed[name])
			f := Finding{Check: "secrets", Subject: name, Level: Fine, Text: fmt.Sprintf("was changed %d days ago", int(age.Hours())/24)}
			if age > most {
				f.Level, f.Remedy = Notice, fmt.Sprintf("rotate it: secrets should be changed every %d days", int(most.Hours())/24)
			}
			found = append(found, f)
		}
		return found
	})
}
