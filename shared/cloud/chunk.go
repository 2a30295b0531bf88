package cloud

import "iter"

// chunks yields the bounds of consecutive runs that have at most so many members and
// so many bytes. A member is never above the limit by itself.
func chunks(sizes []int, most, bytes int) iter.Seq2[int, int] {
	return func(yield func(start, end int) bool) {
		start, sum := 0, 0
		for i, size := range sizes {
			if i > start && (i-start == most || sum+size > bytes) {
				if !yield(start, i) {
					return
				}
				start, sum = i, 0
			}
			sum += size
		}
		if start < len(sizes) {
			yield(start, len(sizes))
		}
	}
}
