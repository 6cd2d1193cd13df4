"""What the chart is made with: its data about Kafka, the table of its README, and the files of its Secret."""
