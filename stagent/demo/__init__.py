"""What `bash agent.sh` shows when nothing is configured."""
