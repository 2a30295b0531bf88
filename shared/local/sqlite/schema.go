package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

	"causeway.example/shared/fault"
)

// applicationID marks the file as ours ("CWAY"), so that the SQLite file of another
// program, given by mistake, is rejected and not written to.
const applicationID = 0x43574159

var (
	//go:embed schema.sql
	schemaVersion1 string
	//go:embed schema_2.sql
	schemaVersion2 string
	//go:embed schema_3.sql
	schemaVersion3 string
)

// migrations returns what leads from each version of the schema to the next;
// PRAGMA user_version counts how many of them the file has seen.
func migrations() []string { return []string{schemaVersion1, schemaVersion2, schemaVersion3} }

// prepareFile brings the schema up to date and returns the first epoch of the writer: a
// number that is greater than every one before it in the life of the file.
func prepareFile(ctx context.Context, db *sql.Conn) (epoch int64, err error) {
	if err := migrate(ctx, db); err != nil {
		return 0, err
	}
	return nextEpoch(ctx, db)
}

// attachFile returns the first epoch of a second writer, and changes nothing else: a file of
// another version is left to the engine.
func attachFile(ctx context.Context, db *sql.Conn) (epoch int64, err error) {
	version, err := checkFile(ctx, db)
	if err != nil {
		return 0, err
	}
	if known := len(migrations()); version != known {
		return 0, fault.New(fault.Rejected, fault.Config, "opening the store",
			fmt.Sprintf("the file has schema version %d, this program knows %d: start the engine of this version with it once", version, known))
	}
	return nextEpoch(ctx, db)
}

func nextEpoch(ctx context.Context, db *sql.Conn) (epoch int64, err error) {
	const query = `INSERT INTO meta (name, value) VALUES ('epoch', 1)
		ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`
	if err := db.QueryRowContext(ctx, query).Scan(&epoch); err != nil {
		return 0, Failure("reserving identifiers", err)
	}
	return epoch, nil
}

func migrate(ctx context.Context, db *sql.Conn) error {
	version, err := checkFile(ctx, db)
	if err != nil {
		return err
	}
	steps := migrations()
	if version > len(steps) {
		return fault.New(fault.Rejected, fault.Config, "opening the store",
			fmt.Sprintf("the file has schema version %d, this program knows %d: it was written by a newer Causeway", version, len(steps)))
	}
	for ; version < len(steps); version++ {
		step := fmt.Sprintf("BEGIN IMMEDIATE; %s; PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
			steps[version], applicationID, version+1)
		if _, err := db.ExecContext(ctx, step); err != nil {
			return Failure(fmt.Sprintf("migrating the store to schema version %d", version+1), err)
		}
	}
	return nil
}

// checkFile returns the schema version of the file, 0 for an empty one.
func checkFile(ctx context.Context, db *sql.Conn) (version int, err error) {
	var application, tables int
	const query = `SELECT user_version, application_id, (SELECT count(*) FROM sqlite_master)
		FROM pragma_user_version, pragma_application_id`
	if err := db.QueryRowContext(ctx, query).Scan(&version, &application, &tables); err != nil {
		return 0, Failure("reading the store's schema version", err)
	}
	if tables > 0 && application != applicationID {
		return 0, fault.New(fault.Rejected, fault.Config, "opening the store", "the file is a SQLite database of another program")
	}
	return version, nil
}
