SELECT count(*) FROM recipient_questions
