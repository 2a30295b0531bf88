// Package cloud holds the ports of the pipeline on AWS.
package cloud
