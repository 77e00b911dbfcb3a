"""The school's rules: courses, students, enrollments, coupons, payments. Pure Python and attrs, no input or output."""
