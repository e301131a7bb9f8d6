package config

import "strings"

// nearest returns the candidate that a mistyped word most likely meant, or "" where none is near: at most two slips apart, and
// at most one slip for three letters.
func nearest(word string, candidates []string) string {
	const longest = 64 // no key is nearly as long
	if len(word) > longest {
		return ""
	}
	best, bestDistance := "", min(2, max(1, len(word)/3))+1
	for _, candidate := range candidates {
		if distance := slips(strings.ToLower(word), strings.ToLower(candidate)); distance < bestDistance {
			best, bestDistance = candidate, distance
		}
	}
	return best
}

// slips counts how many bytes to insert, delete, replace or swap with their neighbour turn a into b (the optimal string
// alignment distance).
func slips(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			replaced := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				replaced++
			}
			rows[i][j] = min(replaced, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
