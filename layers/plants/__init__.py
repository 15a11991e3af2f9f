"""Plants and their risk: plant files, assessments, contours and sums, kept and compared."""
